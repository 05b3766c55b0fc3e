/// One thing that a document got wrong, where, and how a person is told.
package struct JSONMistake: Equatable, Sendable {
    package enum Kind: Sendable {
        /// No JSON at all.
        case malformed
        /// A required member is not there.
        case missing
        /// Another kind of value than is asked for.
        case type
        /// The right kind of value, but outside its limits.
        case constraint
        /// A member that nobody asked for, where that is forbidden.
        case unknown
    }

    package let kind: Kind
    /// Such as `connectors.0.power`; empty for the whole document.
    package let path: String
    /// Begins in lower case and reads on from the field's name: `must be at most 20 characters`.
    package let text: String

    package init(_ kind: Kind, at path: String, _ text: String) {
        self.kind = kind
        self.path = path
        self.text = text
    }
}

/// Everything that a document got wrong; at least one mistake.
package struct JSONMistakes: Error, Equatable, Sendable, CustomStringConvertible {
    package var all: [JSONMistake]

    package init(_ all: [JSONMistake]) {
        self.all = all
    }

    package var description: String {
        all.map { $0.path.isEmpty ? $0.text : "\($0.path) \($0.text)" }.joined(separator: "; ")
    }
}

/// What a value's own `init(from:)` throws when the value is of the right kind but not allowed.
package struct OutsideLimits: Error, Equatable, Sendable {
    package let text: String

    /// - Parameter text: reads on from the field's name, such as `must be at most 20 characters`.
    package init(_ text: String) {
        self.text = text
    }
}

/// A type that can stand in for a value that was wrong, so that reading goes on and finds the other mistakes too.
package protocol JSONStandIn {
    static var standIn: Self { get }
}

/// A type for which an absent member is a value: `Patch`.
package protocol JSONAbsence {
    static var absence: Self { get }
}
