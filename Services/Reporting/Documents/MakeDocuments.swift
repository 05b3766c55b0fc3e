import Compression
import Core
import Documents
import FoundationEssentials
import Hosting
import Mail
import Postgres
import Sockets
import Telemetry

/// Makes the reports that were asked for, one after the other, behind the answers.
final class MakeDocuments: Sendable {
    private let host: Host
    private let settings: ReportingSettings
    private let mail: MailQueue
    private let doorbell: Doorbell
    private let press = PDFPress()

    /// Longer than a portion takes.
    private static let lease: TimeInterval = 60
    private static let portion = 2_000
    private static let attempts: Int16 = 3

    init(_ host: Host, _ settings: ReportingSettings, _ mail: MailQueue) {
        self.host = host
        self.settings = settings
        self.mail = mail
        doorbell = Doorbell(on: host.nextLoop())
    }

    /// There is one to make.
    func ring() { doorbell.ring() }

    func run() async {
        while !Task.isCancelled {
            do { while try await makeNext(), !Task.isCancelled {} } catch {
                host.log.warning("report.unread", ["error": .text("\(error)")])
            }
            await doorbell.wait(atMost: .seconds(5))
        }
    }

    /// False when nobody waits.
    private func makeNext() async throws -> Bool {
        let now = host.clock.now
        guard let due = try await host.database.run(.takeDocument(until: now + Self.lease, at: now)) else {
            return false
        }
        do { try await make(due) } catch {
            host.log.warning(
                "report.failed", ["report": .count(Int(due.id.number)), "error": .text("\(error)")])
            // What failed may have been the database for a moment; what fails again and again is told.
            try await host.database.run(
                """
                UPDATE reporting.document
                SET status = CASE WHEN attempts >= \(Self.attempts) THEN 'failed' ELSE 'pending' END,
                    error = CASE WHEN attempts >= \(Self.attempts) THEN 'the report could not be written' END,
                    finished_at = CASE WHEN attempts >= \(Self.attempts) THEN \(host.clock.now) END,
                    leased_until = NULL
                WHERE id = \(due.id) AND status = 'pending'
                """)
        }
        return true
    }

    private func make(_ document: DocumentBody) async throws {
        let reader: Reader = try await host.database.run(
            """
            SELECT coalesce(nullif(name, ''), username), email, language FROM accounts_view.account
            WHERE user_id = \(document.generated_by)
            """)
        let words = DocumentWords(language: reader.language)
        let file = try FileDraft(document.fileName, in: Folder(settings.storageFolder))
        switch document.format {
        case .pdf: try await file.append(try await page(document, for: reader, words))
        case .csv: try await writeCSV(document, words, to: file)
        case .xlsx: try await writeSpreadsheet(document, words, to: file)
        }
        let size = try await file.finish()
        let title = words.title(document.type, scope: document.scope)
        let now = host.clock.now
        try await host.database.transaction { [self] transaction in
            let finished: RowCount = try await transaction.run(
                """
                UPDATE reporting.document SET status = 'ready', size = \(size), finished_at = \(now)
                WHERE id = \(document.id) AND status = 'pending'
                """)
            guard finished.count == 1, let mailbox = Mailbox(address: reader.email) else { return }
            let letter = Letter(
                in: reader.language, subject: words.subject(title),
                [
                    .text(words.stays(settings.exportRetentionDays)),
                    .link(
                        words.download,
                        to: "\(host.settings.backendURL)/api/v1/reports/\(document.id.number)/download"),
                ])
            try await transaction.run(mail.keep(letter, to: mailbox))
        }
        mail.ring()
    }

    private func rows(_ document: DocumentBody) -> DocumentRows {
        DocumentRows(document: document, zone: host.settings.jobsZone, currency: host.settings.currency)
    }

    private func page(
        _ document: DocumentBody, for reader: Reader, _ words: DocumentWords
    ) async throws -> [UInt8] {
        let (zone, most) = (host.settings.jobsZone, DocumentPage.mostLines)
        let lines = try await rows(document).next(after: nil, limit: most + 1, in: host.database)
        let company: String? = try await host.database.run(
            "SELECT nullif(value ->> 'name', '') FROM accounts_view.setting WHERE name = 'company'")
        let page = DocumentPage(
            document: document, figures: try await .read(document, zone, in: host.database),
            lines: Array(lines.prefix(most)), hasMore: lines.count > most, person: reader.name,
            company: company ?? "VoltBus", words: words,
            numbers: LocalNumbers(language: reader.language.rawValue, zone: zone),
            currency: host.settings.currency, now: host.clock.now)
        return try await press.print(page.printed)
    }

    /// Hands over every line, in portions, and says that this instance is alive.
    private func eachPortion(
        _ document: DocumentBody, _ write: ([DocumentRows.Line]) async throws -> Bool
    ) async throws {
        let rows = rows(document)
        var last: DocumentRows.Line?
        var done: Int64 = 0
        while true {
            let lines = try await rows.next(after: last, limit: Self.portion, in: host.database)
            guard !lines.isEmpty else { return }
            last = lines.last
            done += Int64(lines.count)
            guard try await write(lines) else { return }
            try await host.database.run(
                """
                UPDATE reporting.document SET rows_done = \(done), leased_until = \(host.clock.now + Self.lease)
                WHERE id = \(document.id)
                """)
        }
    }

    private func writeCSV(_ document: DocumentBody, _ words: DocumentWords, to file: FileDraft) async throws {
        var line = CSVLine()
        for title in words.columns(document.type, currency: host.settings.currency.code) { line.add(title) }
        line.end()
        try await file.append(line.take())
        try await eachPortion(document) { lines in
            var portion = CSVLine()
            for line in lines {
                for cell in line.cells {
                    switch cell {
                    case .nothing: portion.add("")
                    case .text(let text): portion.add(text)
                    case .count(let number): portion.add(number: String(number))
                    case .decimal(let number): portion.add(number: number)
                    case .moment(let date, _): portion.add(date.ISO8601Format())
                    }
                }
                portion.end()
            }
            try await file.append(portion.take())
            return true
        }
    }

    private func writeSpreadsheet(
        _ document: DocumentBody, _ words: DocumentWords, to file: FileDraft
    ) async throws {
        let titles = words.columns(document.type, currency: host.settings.currency.code)
        let flexible = DocumentColumns.flexible(of: document.type)
        var first: [UInt8] = []
        var sheet = try SpreadsheetWriter(
            sheet: words.title(document.type, scope: document.scope),
            titles.enumerated().map { .init($1, width: flexible.contains($0) ? 28 : 17) },
            modified: host.clock.now, to: &first)
        try await file.append(first)
        try await eachPortion(document) { lines in
            var bytes: [UInt8] = []
            // The last row says that there are more.
            let fitting = lines.prefix(sheet.room - 1)
            for line in fitting { sheet.add(line.cells, to: &bytes) }
            let isFull = fitting.count < lines.count
            if isFull { sheet.add([.text(words.moreInCSV)], to: &bytes) }
            try await file.append(bytes)
            return !isFull
        }
        var end: [UInt8] = []
        sheet.finish(to: &end)
        try await file.append(end)
    }
}

/// Whose report it is.
private struct Reader: RowDecodable, Sendable {
    let name: String
    let email: String
    let language: MailLanguage

    init(_ cells: inout Cells) throws {
        name = try cells.next()
        email = try cells.next()
        language = MailLanguage(rawValue: try cells.next()) ?? .en
    }
}
