package import HTTP

/// Every "no" that reporting says.
package enum ReportingRefusal: Refusal, Equatable {
    case missingParameter(String)
    case unreadableParameter(String)
    case endBeforeBegin
    case rangeTooLong(Int)
    case invalid(field: String, String)
    case unknownLog
    case noSuchEntry
    case foreignEntries
    case noSuchExport
    case backupsNotSetUp
    case backupUnderWay
    case noSuchBackup
    case notMade(String)
    case fileGone
    case noSuchReport
    case foreignReport(field: String)

    package var problem: Problem {
        switch self {
        case .missingParameter(let name):
            Problem(.badRequest, "parameter '\(name)' is missing", errors: [name: ["is missing"]])
        case .unreadableParameter(let name):
            Problem(
                .badRequest, "parameter '\(name)' is neither a date nor a time",
                errors: [name: ["must be YYYY-MM-DD or RFC 3339"]])
        case .endBeforeBegin:
            Problem(
                .badRequest, "parameter 'to' lies before 'from'",
                errors: ["non_field_errors": ["'to' must not lie before 'from'"]])
        case .rangeTooLong(let days):
            Problem(
                .badRequest, "the range is longer than \(days) days",
                errors: ["non_field_errors": ["must not be longer than \(days) days"]])
        case .invalid(let field, let text):
            Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        case .unknownLog:
            Problem(.notFound, "unknown log name")
        case .noSuchEntry:
            Problem(.notFound, "audit entry not found")
        case .foreignEntries:
            Problem(.forbidden, "Insufficient permissions")
        case .noSuchExport:
            Problem(.notFound, "export not found")
        case .backupsNotSetUp:
            Problem(
                .serviceUnavailable, "backups are not set up: BACKUP_DATABASE_URL is missing",
                headers: ["Retry-After": "3600"])
        case .backupUnderWay: Problem(.conflict, code: 2051, "a backup is being made")
        case .noSuchBackup: .notFound
        case .notMade(let status): Problem(.conflict, code: 2051, "it is \(status)")
        case .fileGone: Problem(.conflict, code: 2051, "its file is gone")
        case .noSuchReport: Problem(.notFound, "report not found")
        case .foreignReport(let field):
            Problem(.forbidden, "Insufficient permissions", errors: [field: ["is for administrators"]])
        }
    }
}
