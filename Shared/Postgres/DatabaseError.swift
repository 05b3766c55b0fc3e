import Core

/// Everything that can go wrong with the database, as one struct at the border to libpq.
///
/// Holds no data of anybody: the statement stands without its binds, the server's message only where it names objects and not
/// values, and its DETAIL (which quotes rows) never.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The server refused the statement; `constraint` is the one that was violated.
        case refused(SQLState, constraint: String?)
        /// No connection, or none free in time: the caller may ask again later (a 503 to the outside).
        case unavailable
        /// More callers wait than the limit allows (a 503 to the outside).
        case overloaded
        /// The connection broke while the statement was under way.
        case connectionLost(Execution)
        /// The statement took longer than its deadline and was cancelled.
        case deadlineExceeded(Execution)
        /// The statement of a transaction that has ended, or that a failure has already doomed.
        case transactionOver
        /// A statement beside the transaction whose body it stands in; it might wait for itself.
        case outsideTransaction
        case unexpectedRowCount(Int)
        /// A cell that is not what the row type reads there.
        case unreadable(column: String?)
        case badConfiguration
        case migration
    }

    /// Whether a statement may have taken effect although nobody heard its answer.
    package enum Execution: Hashable, Sendable {
        case impossible
        case possible
    }

    package let kind: Kind
    package let message: String
    package private(set) var statement: String?

    package init(_ kind: Kind, _ message: String, in statement: StatementShape? = nil) {
        self.kind = kind
        self.message = message
        self.statement = statement?.text
    }

    func placed(in shape: StatementShape) -> DatabaseError {
        var error = self
        error.statement = statement ?? shape.text
        return error
    }

    package var state: SQLState? {
        if case .refused(let state, _) = kind { state } else { nil }
    }

    package var constraint: String? {
        if case .refused(_, let constraint) = kind { constraint } else { nil }
    }

    /// Whether it is about the database's absence or load, not about the statement: services answer 503 with `Retry-After`.
    package var isUnavailable: Bool {
        switch kind {
        case .unavailable, .overloaded, .connectionLost, .deadlineExceeded: true
        case .refused(let state, _): state.family == "53" || state.family == "57" || state.family == "58"
        case .transactionOver, .outsideTransaction, .unexpectedRowCount, .unreadable, .badConfiguration,
            .migration:
            false
        }
    }

    /// Whether the statement may have been executed although it is reported as failed.
    package var mayHaveRun: Bool {
        switch kind {
        case .connectionLost(.possible), .deadlineExceeded(.possible): true
        default: false
        }
    }

    /// Whether a unique constraint or index of this name said no.
    package func violatesUnique(_ name: String) -> Bool {
        kind == .refused(.uniqueViolation, constraint: name)
    }

    package var description: String {
        var text = "\(kind): \(message)"
        if let statement { text += " In: \(statement)" }
        return text
    }
}

extension DatabaseError: Unavailability {
    /// A server that is away is mostly back within seconds.
    package var retryAfterSeconds: Int? { isUnavailable ? 2 : nil }
}
