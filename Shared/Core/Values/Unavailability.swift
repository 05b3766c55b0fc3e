/// An error that may mean that something we need is away: database, bus, gateway, provider. Whoever asked may try again.
package protocol Unavailability: Error {
    /// When it is worth asking again; nil for an error that means something else.
    var retryAfterSeconds: Int? { get }
}
