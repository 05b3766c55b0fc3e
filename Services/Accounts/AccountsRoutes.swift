package import HTTP

extension Accounts {
    /// The whole surface of the service, with the right that each route needs.
    @RouteTable package var routes: [GuardedRoute] {
    }
}
