/// A value that must not be seen: it prints `‹secret›` everywhere and cannot be encoded.
/// Reading it takes the one word `reveal`, which a review can search for.
package struct Secret: Sendable, Equatable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var isEmpty: Bool { text.isEmpty }

    /// Gives the value for the length of one call, so that it does not wander off in a variable.
    package func reveal<Result, Failure: Error>(
        _ use: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try use(text)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹secret›" }
    package var debugDescription: String { "‹secret›" }
    // Without this `dump` and string interpolation of an enclosing struct would walk into the text.
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

extension Secret: Codable {
    /// Why a secret was neither written nor read: it comes from the environment and goes nowhere.
    package struct Refused: Error, CustomStringConvertible {
        package var description: String { "a secret is neither encoded nor decoded" }
    }

    package init(from decoder: any Decoder) throws {
        throw Refused()
    }

    package func encode(to encoder: any Encoder) throws {
        throw Refused()
    }
}
