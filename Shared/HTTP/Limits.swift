import Core

/// How much one client may send, and how long it may take. A slow client costs a descriptor, never a thread.
package struct Limits: Sendable {
    /// Request line and header fields.
    package var headBytes = 16 * 1_024
    package var headerFields = 100
    /// Path and query together.
    package var targetBytes = 8 * 1_024
    package var bodyBytes = 1_048_576
    package var uploadBytes = 5_242_880
    /// Between two requests of a connection.
    package var idle: Duration = .seconds(75)
    /// From a request's first byte to the end of its head.
    package var head: Duration = .seconds(10)
    /// From the end of the head to the end of the body.
    package var body: Duration = .seconds(30)
    /// From the end of the request to the beginning of its answer, where the route names no other.
    package var answer: Duration = .seconds(5)
    /// How long a client that has closed its side is believed to wait for an answer: mostly it is gone.
    package var halfClosed: Duration = .seconds(2)
    /// Silence of either side while an answer is on its way: the reader takes nothing, or a body that is made while it
    /// is sent does not go on.
    package var stall: Duration = .seconds(30)
    package var connectionsPerLoop = 20_000

    package init() {}
}
