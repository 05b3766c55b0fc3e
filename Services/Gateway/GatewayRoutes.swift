package import HTTP

extension Gateway {
    /// Nothing but what every service has: stations come over WebSocket, everybody else over the bus.
    package var routes: [GuardedRoute] { [] }
}
