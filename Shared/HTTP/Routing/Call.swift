package import Core

/// A route without parameters in its path, in its query, or without a body.
package struct None: Codable, Sendable {
    package init() {}
}

/// One request to one route, with its parts read into the route's types.
package struct Call<Path: Sendable, Query: Sendable, Body: Sendable>: Sendable {
    package let path: Path
    package let query: Query
    package let body: Body
    /// Present on every route that needs a right.
    package let caller: Caller?
    package let request: Request
    let context: CallContext

    /// The caller of a route that needs a right.
    package var identified: Caller {
        guard let caller else { preconditionFailure("only a route with a right may ask who is calling") }
        return caller
    }
}

/// The path of a route with one number in it: `/users/:id`.
package struct ByID<Owner>: Codable, Sendable {
    package let id: ID<Owner>
}
