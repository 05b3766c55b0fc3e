/// How far a document may grow before it is refused; ordinary ones stay far below.
package struct Limits: Sendable {
    package var pages = 2000
    /// Of one text or table cell; what is longer ends in an ellipsis.
    package var textCharacters = 20_000
    package var bytes = 64 << 20
    /// Documents that are printed at the same time, and that may wait for it.
    package var printing = 2
    package var waiting = 64

    package init() {}
}

/// Why a document was not printed.
package enum PrintFailure: Error, Equatable, CustomStringConvertible {
    case tooManyPages(limit: Int)
    case tooLarge(limit: Int)
    /// What cairo says; our own mistake or no memory.
    case cairo(String)

    package var description: String {
        switch self {
        case .tooManyPages(let limit): "the document has more than \(limit) pages"
        case .tooLarge(let limit): "the document has more than \(limit) bytes"
        case .cairo(let message): "cairo: \(message)"
        }
    }
}
