package import Core

/// What a handler returns: an answer and, for the API's document, its shape.
package protocol Reply: Sendable {
    static var status: Status { get }
    /// The media type and the shape of the body; nil for none.
    static var content: (type: String, schema: JSONSchema)? { get }
    /// Everything that may come of the route but failures; the usual one first.
    static var outcomes: [Outcome] { get }
    var response: Response { get }
}

extension Reply {
    package static var outcomes: [Outcome] { [Outcome(status, content)] }
}

/// One way for a route to succeed.
package struct Outcome: Sendable {
    package var status: Status
    package var content: (type: String, schema: JSONSchema)?
    /// Header fields that a reader of the API should know of, with what they say.
    package var fields: [(name: String, meaning: String)]

    package init(
        _ status: Status, _ content: (type: String, schema: JSONSchema)? = nil,
        fields: [(name: String, meaning: String)] = []
    ) {
        self.status = status
        self.content = content
        self.fields = fields
    }
}

/// One of two replies, chosen by the handler: a file or a redirection to it.
package enum OneOf<First: Reply, Second: Reply>: Reply {
    case first(First)
    case second(Second)

    package static var status: Status { First.status }
    package static var content: (type: String, schema: JSONSchema)? { First.content }
    package static var outcomes: [Outcome] { First.outcomes + Second.outcomes }

    package var response: Response {
        switch self {
        case .first(let reply): reply.response
        case .second(let reply): reply.response
        }
    }
}
