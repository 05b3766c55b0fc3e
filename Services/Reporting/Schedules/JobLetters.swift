import Contracts
import Core
import FoundationEssentials
import Hosting
import Mail
import Postgres

/// The letters of one run of a job: each person gets one, however often and by however many it is run.
struct JobLetters<Reader: LetterReader>: Sendable {
    let reporting: Reporting
    let job: String
    let key: String
    /// Some of those who have not been written yet, in the order of their numbers, from behind a number on.
    let unwritten: @Sendable (_ after: Int64, _ limit: Int) -> Query<[Reader]>
    let letter: @Sendable (Reader) -> Letter

    /// People of one transaction.
    private static var portion: Int { 200 }

    /// Returns how many letters were written.
    func write() async throws -> Int {
        let database = reporting.host.database
        var last: Int64 = 0
        var written = 0
        while true {
            let readers = try await database.run(unwritten(last, Self.portion), within: .seconds(60))
            guard let end = readers.last else { return written }
            written += try await database.transaction { try await write(readers, in: $0) }
            reporting.mail.ring()
            last = end.user
        }
    }

    private func write(_ readers: [Reader], in transaction: Transaction) async throws -> Int {
        let now = reporting.host.clock.now
        var written = 0
        for reader in readers {
            // An address that nobody could write to is no reason to fail all the others.
            guard let mailbox = Mailbox(name: reader.name, address: reader.email) else { continue }
            let isFirst: RowCount = try await transaction.run(
                """
                INSERT INTO reporting.job_letter (job, key, user_id, written_at)
                VALUES (\(job), \(key), \(reader.user), \(now))
                ON CONFLICT DO NOTHING
                """)
            guard isFirst.count == 1 else { continue }
            try await transaction.run(reporting.mail.keep(letter(reader), to: mailbox))
            written += 1
        }
        return written
    }
}

/// Whom a letter of a job goes to.
protocol LetterReader: RowDecodable, Sendable {
    var user: Int64 { get }
    var email: String { get }
    var name: String { get }
}
