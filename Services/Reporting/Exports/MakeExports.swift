import Core
import FoundationEssentials
import Hosting
import Mail
import Postgres
import Sockets
import Telemetry

extension Reporting {
    /// Makes what was asked for, until the task is cancelled.
    func makeExports() async {
        while !Task.isCancelled {
            do { while try await makeExport() {} } catch {
                host.log.warning("export.queue_unread", ["error": .text("\(error)")])
            }
            await exportBell.wait(atMost: .seconds(5))
        }
    }

    /// Longer than a portion takes.
    private static let exportLease: TimeInterval = 60
    private static let exportPortion = 1_000
    private static let exportAttempts: Int16 = 3

    /// False when nobody waits.
    private func makeExport() async throws -> Bool {
        let now = host.clock.now
        try await host.database.run(.giveUpExports(after: Self.exportAttempts, at: now))
        guard let task = try await host.database.run(.takeExport(at: now, until: now + Self.exportLease))
        else {
            return false
        }
        do {
            try await write(task)
        } catch {
            host.log.warning("export.failed", ["task": .text(task.id), "error": .text("\(error)")])
            let isLast = task.attempts >= Self.exportAttempts
            try await host.database.run(
                """
                UPDATE reporting.export_task
                SET state = \(isLast ? "FAILURE" : "PROGRESS"), leased_until = \(now + 5),
                    error = \((isLast ? "the export could not be written" : nil) as String?),
                    finished_at = \((isLast ? now : nil) as Date?)
                WHERE task_id = \(task.id) AND attempts = \(task.attempts) AND state = 'PROGRESS'
                """)
        }
        return !Task.isCancelled
    }

    private func write(_ task: ExportTask) async throws {
        let (database, clock) = (host.database, host.clock)
        let file = ExportFile(folder: settings.exportFolder, task: task.id, attempt: task.attempts)
        try await database.run(
            """
            UPDATE reporting.export_task
            SET rows_total = (
                SELECT count(*) FROM accounts_view.parking_reservation WHERE user_id = \(task.user)
            )
            WHERE task_id = \(task.id)
            """)
        try await file.begin()
        var line = CSVLine()
        for title in ParkingRecord.titles { line.add(title) }
        line.end()
        var last = Int64.max
        var done: Int64 = 0
        while true {
            let records = try await database.run(
                .parkingRecords(of: task.user, below: last, limit: Self.exportPortion))
            for record in records { record.write(to: &line, in: host.settings.currency) }
            try await file.append(line.take())
            guard let end = records.last else { break }
            last = end.id
            done += Int64(records.count)
            try await database.run(
                """
                UPDATE reporting.export_task
                SET rows_done = \(done), leased_until = \(clock.now + Self.exportLease)
                WHERE task_id = \(task.id) AND attempts = \(task.attempts)
                """)
        }
        try await file.finish()
        try await database.transaction { transaction in
            let finished: RowCount = try await transaction.run(
                """
                UPDATE reporting.export_task
                SET state = 'SUCCESS', rows_done = \(done), rows_total = \(done), finished_at = \(clock.now)
                WHERE task_id = \(task.id) AND state <> 'SUCCESS'
                """)
            guard finished.count == 1, let mailbox = Mailbox(address: task.email) else { return }
            let language: String? = try await transaction.run(
                "SELECT language FROM accounts_view.account WHERE user_id = \(task.user)")
            let letter = exportLetter(task, in: language.flatMap(MailLanguage.init(rawValue:)) ?? .en)
            try await transaction.run(mail.keep(letter, to: mailbox))
        }
        mail.ring()
    }

    private func exportLetter(_ task: ExportTask, in language: MailLanguage) -> Letter {
        let days = settings.exportRetentionDays
        return Letter(
            in: language,
            subject: language.choose(
                en: "Your parking history is ready", pl: "Twoja historia parkowania jest gotowa",
                cs: "Vaše historie parkování je připravena"),
            [
                .text(
                    language.choose(
                        en: "The file stays for \(days) days. Log in to download it.",
                        pl: "Plik będzie dostępny przez \(days) dni. Zaloguj się, aby go pobrać.",
                        cs: "Soubor zůstane k dispozici \(days) dní. Ke stažení se přihlaste.")),
                .link(
                    language.choose(en: "Download", pl: "Pobierz", cs: "Stáhnout"), to: downloadURL(of: task)),
            ])
    }

    func downloadURL(of task: ExportTask) -> String {
        "\(host.settings.backendURL)/api/user/download-csv/\(task.filename)"
    }

    /// EXPORT_RETENTION_DAYS.
    func forgetExports() async throws -> Int {
        let moment = host.clock.now - Double(settings.exportRetentionDays) * 86_400
        var forgotten = 0
        while true {
            let tasks = try await host.database.run(.exports(before: moment, limit: Self.exportPortion))
            guard !tasks.isEmpty else { return forgotten }
            // The file first: without its row nobody would look for it any more.
            for task in tasks {
                try await ExportFile(folder: settings.exportFolder, task: task.id).remove(
                    attempts: task.attempts)
                try await host.database.run("DELETE FROM reporting.export_task WHERE task_id = \(task.id)")
            }
            forgotten += tasks.count
        }
    }
}
