/// Request line and header fields, with what they say about the body and the connection decided.
package struct RequestHead: Sendable {
    package enum BodyKind: Equatable, Sendable {
        case none
        case fixed(Int)
        case chunked
    }

    package var method: Method
    package var path: String
    package var query: String
    /// False for HTTP/1.0.
    package var isVersion11: Bool
    package var headers: Headers
    package var bodyKind: BodyKind
    package var keepsAlive: Bool
    package var expectsContinue: Bool
}
