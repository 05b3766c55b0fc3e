import Core

/// One method on one path, with the types of what goes in and comes out. A route is not served before it has said
/// which right it needs: the table takes only what `needs` and `open` return.
package struct Route: Sendable {
    package let method: Method
    package let pattern: PathPattern
    let shape: Shape
    let run:
        @Sendable (Request, [(name: String, value: String)], Caller?, CallContext) async throws -> Response
    /// The beginning of every error message: `Failed to update user`.
    package private(set) var failing: String?
    package private(set) var summary = ""
    /// From the end of the request to the answer; the server's own limit where none is named.
    package private(set) var deadline: Duration?
    package private(set) var bodyLimit: Int?
    /// A credential that is sent along is not looked at.
    package private(set) var ignoresCredentials = false
    /// Honours `Idempotency-Key`.
    package private(set) var isIdempotent = false
    /// Counted apart, besides the limits of every request.
    package private(set) var limit: RateClass?
    /// For who looks after the service: no limit of requests holds.
    package private(set) var isUnlimited = false

    /// What the API's document says of a route.
    struct Shape: Sendable {
        var path: JSONSchema
        var query: JSONSchema
        var body: JSONSchema?
        var outcomes: [Outcome]
    }

    package init<
        Path: Decodable & Sendable, Query: Decodable & Sendable, Body: Decodable & Sendable, Answer: Reply
    >(
        _ method: Method, _ path: String,
        _ handler: @escaping @Sendable (Call<Path, Query, Body>) async throws -> Answer
    ) {
        self.method = method
        pattern = PathPattern(path)
        let hasBody = Body.self != None.self
        shape = Shape(
            path: .of(Path.self), query: .of(Query.self), body: hasBody ? .of(Body.self) : nil,
            outcomes: Answer.outcomes)
        run = { request, parameters, caller, context in
            let path = try Self.path(Path.self, parameters)
            // What belongs together is told together: mistakes of query and body in one answer.
            var mistakes: [JSONMistake] = []
            let query = Self.collecting(&mistakes) { () throws(JSONMistakes) in
                try Self.query(Query.self, request)
            }
            let body = Self.collecting(&mistakes) { () throws(JSONMistakes) in
                try Self.body(Body.self, request)
            }
            guard let query, let body else { throw Problem(JSONMistakes(mistakes)) }
            return try await handler(
                Call(
                    path: path, query: query, body: body, caller: caller, request: request, context: context)
            )
            .response
        }
    }

    private static func collecting<Value>(
        _ mistakes: inout [JSONMistake], _ read: () throws(JSONMistakes) -> Value
    ) -> Value? {
        do {
            return try read()
        } catch {
            mistakes += error.all
            return nil
        }
    }

    /// What is no identifier in a path is a path that does not exist.
    private static func path<Path: Decodable>(
        _ type: Path.Type, _ parameters: [(name: String, value: String)]
    ) throws(Problem) -> Path {
        do {
            return try ParameterReader.decode(type, from: parameters)
        } catch {
            throw .notFound
        }
    }

    private static func query<Query: Decodable>(_ type: Query.Type, _ request: Request) throws(JSONMistakes)
        -> Query
    {
        guard type != None.self || request.query.isEmpty, let pairs = PercentCoding.pairs(request.query)
        else {
            if type == None.self, let none = None() as? Query { return none }
            throw JSONMistakes([JSONMistake(.malformed, at: "", "malformed query")])
        }
        return try ParameterReader.decode(type, from: pairs)
    }

    private static func body<Body: Decodable>(_ type: Body.Type, _ request: Request) throws(JSONMistakes)
        -> Body
    {
        if type == None.self, let none = None() as? Body { return none }
        // No body at all is an object without members: only where members are required is that a mistake.
        let bytes = request.body.isEmpty ? Array("{}".utf8) : request.body
        return try JSONReader.decode(type, from: bytes, rules: .api)
    }

    /// Whether the route reads a JSON body.
    var readsBody: Bool { shape.body != nil }

    package func failing(_ text: String) -> Route {
        var copy = self
        copy.failing = text
        return copy
    }

    /// One line for the API's document.
    package func summary(_ text: String) -> Route {
        var copy = self
        copy.summary = text
        return copy
    }

    package func within(_ deadline: Duration) -> Route {
        var copy = self
        copy.deadline = deadline
        return copy
    }

    /// Moves money or starts something: a repeated request with the same key gets the first answer again.
    package var idempotent: Route {
        var copy = self
        copy.isIdempotent = true
        return copy
    }

    /// The rules of a class are those of the dispatcher's table.
    package func limited(by limit: RateClass) -> Route {
        var copy = self
        copy.limit = limit
        return copy
    }

    /// Not counted against any limit, such as `/health`.
    package var unlimited: Route {
        var copy = self
        copy.isUnlimited = true
        return copy
    }

    package func taking(bytes: Int) -> Route {
        var copy = self
        copy.bodyLimit = bytes
        return copy
    }

    package func needs(_ right: Right) -> GuardedRoute { GuardedRoute(route: self, right: right) }

    /// For everybody, whatever credential is sent along: where people go whose credential has expired.
    package var openToAnyCredential: GuardedRoute {
        var copy = self
        copy.ignoresCredentials = true
        return GuardedRoute(route: copy, right: .open)
    }

    /// For everybody, with or without a log-in; a credential that is sent must be right.
    package var open: GuardedRoute { GuardedRoute(route: self, right: .open) }
}

/// A route that has said who may use it.
package struct GuardedRoute: Sendable {
    package let route: Route
    package let right: Right
}

/// Lets a service write its whole surface as one list.
@resultBuilder
package enum RouteTable {
    package static func buildExpression(_ route: GuardedRoute) -> [GuardedRoute] { [route] }
    package static func buildExpression(_ routes: [GuardedRoute]) -> [GuardedRoute] { routes }
    package static func buildBlock(_ parts: [GuardedRoute]...) -> [GuardedRoute] { parts.flatMap(\.self) }
    package static func buildOptional(_ part: [GuardedRoute]?) -> [GuardedRoute] { part ?? [] }
    package static func buildEither(first: [GuardedRoute]) -> [GuardedRoute] { first }
    package static func buildEither(second: [GuardedRoute]) -> [GuardedRoute] { second }
    package static func buildArray(_ parts: [[GuardedRoute]]) -> [GuardedRoute] { parts.flatMap(\.self) }
}
