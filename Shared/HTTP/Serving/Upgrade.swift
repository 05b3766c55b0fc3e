package import Sockets

/// What becomes of a request that asks for another protocol.
package enum Upgrade: Sendable {
    /// An ordinary answer; the connection stays with HTTP.
    case refused(Response)
    /// The same, in the envelope of every failure.
    case failed(Problem)
    /// 101 with these fields; then `takeOver` is called on the connection's loop and must set its handler. Bytes that
    /// came behind the request are given to that handler.
    case accepted(Headers, takeOver: @Sendable (Connection) -> Void)
}

/// Decides about requests with an `Upgrade` field. Nil: it is an ordinary request all the same.
package typealias Upgrading = @Sendable (Request) async throws -> Upgrade?
