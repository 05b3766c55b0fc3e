/// The five characters by which the server names a condition.
package struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    /// The first two characters: the family of the condition.
    package var family: Substring { rawValue.prefix(2) }

    package static let featureNotSupported = SQLState(rawValue: "0A000")
    package static let stringTooLong = SQLState(rawValue: "22001")
    package static let numberOutOfRange = SQLState(rawValue: "22003")
    package static let restrictViolation = SQLState(rawValue: "23001")
    package static let notNullViolation = SQLState(rawValue: "23502")
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    package static let uniqueViolation = SQLState(rawValue: "23505")
    package static let checkViolation = SQLState(rawValue: "23514")
    package static let exclusionViolation = SQLState(rawValue: "23P01")
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    package static let failedTransaction = SQLState(rawValue: "25P02")
    package static let idleInTransaction = SQLState(rawValue: "25P03")
    package static let unknownStatementName = SQLState(rawValue: "26000")
    package static let serializationFailure = SQLState(rawValue: "40001")
    package static let deadlock = SQLState(rawValue: "40P01")
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    package static let syntaxError = SQLState(rawValue: "42601")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let tooManyConnections = SQLState(rawValue: "53300")
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    package static let queryCanceled = SQLState(rawValue: "57014")
    package static let adminShutdown = SQLState(rawValue: "57P01")
    package static let raised = SQLState(rawValue: "P0001")

    /// The transaction lost to another one; run again it may win.
    package var isLostRace: Bool { self == .serializationFailure || self == .deadlock }

    /// One row's own fault: its neighbours in a batch may go on without it.
    package var blamesData: Bool {
        family == "22" || family == "23" || family == "44" || family == "P0"
    }
}
