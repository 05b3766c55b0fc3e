import Core
package import FoundationEssentials

/// What an archive says of itself: `manifest.json`, its last file.
package struct BackupManifest: Codable, Equatable, Sendable {
    /// One table of the archive.
    package struct Table: Codable, Equatable, Sendable {
        package var name: String
        package var file: String
        package var rows: Int64
        package var bytes: Int64
        /// Of the file, in hexadecimal.
        package var sha256: String
        package var columns: [String]
    }

    /// A part of a table by time: the database that it is restored into needs the same.
    package struct Partition: Codable, Equatable, Sendable {
        package var table: String
        package var parent: String
        package var bounds: String
    }

    /// What the books said: compared after a restore.
    package struct Ledger: Codable, Equatable, Sendable {
        package var entries: Int64
        package var postings: Int64
        /// Of all postings, in minor units: 0, or the books are wrong.
        package var sum: Int64
        /// Of every account's own sum.
        package var digest: String
    }

    /// Raised when a reader of today would misread what is written tomorrow.
    package static let currentFormat = 1
    package static let fileName = "manifest.json"

    package var format: Int
    package var created_at: Date
    /// The migrations that each schema had, in order.
    package var schema: [String: [String]]
    package var tables: [Table]
    /// Tables that are not in here, because they hold secrets.
    package var left_out: [String]
    package var sequences: [String: Int64]
    package var partitions: [Partition]
    package var ledger: Ledger

    package var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }
}

/// Why there is no backup, or nothing was restored from one.
package enum BackupFailure: Error, Equatable, CustomStringConvertible {
    /// The role lacks a right that `migrate up` gives.
    case unreadable(String)
    case unexpectedName(String)
    case file(String, code: Int32)
    case damaged(String)
    case newerFormat(Int)
    /// The archive was made by a build with other migrations.
    case otherSchema(String)
    case notEmpty(String)
    case differs(String)

    package var description: String {
        switch self {
        case .unreadable(let table): "the role may not read \(table); `migrate up` grants it"
        case .unexpectedName(let name): "\(name) is no name that an archive can hold"
        case .file(let step, let code): "cannot \(step): error \(code)"
        case .damaged(let what): "the archive is damaged: \(what)"
        case .newerFormat(let format): "the archive has format \(format), which this build does not know"
        case .otherSchema(let what): "the archive does not fit this build: \(what)"
        case .notEmpty(let what): "the database is not empty: there is \(what)"
        case .differs(let what): "the restored database differs from the archive: \(what)"
        }
    }
}
