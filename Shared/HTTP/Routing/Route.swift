import Core

/// One method on one path, with the types of what goes in and comes out. A route is not served before it has said
/// which right it needs: the table takes only what `needs` and `open` return.
package struct Route: Sendable {
    package let method: Method
    package let pattern: PathPattern
    private(set) var shape: Shape
    let run: @Sendable (RouteReader, Caller?, CallContext) async throws -> Response
    /// The beginning of every error message: `Failed to update user`.
    package private(set) var failing: String?
    /// The beginning of what is said of a request that cannot be read, where it is another.
    private var failingToRead: String?
    package private(set) var summary = ""
    /// From the end of the request to the answer; the server's own limit where none is named.
    package private(set) var deadline: Duration?
    package private(set) var bodyLimit: Int?
    /// A credential that is sent along is not looked at.
    package private(set) var ignoresCredentials = false
    /// Honours `Idempotency-Key`.
    package private(set) var isIdempotent = false
    /// What is wrong in the path is told as a mistake (400) in the place of 404.
    package private(set) var tellsPathMistakes = false
    /// Counted apart, besides the limits of every request.
    package private(set) var limit: RateClass?
    /// For who looks after the service: no limit of requests holds.
    package private(set) var isUnlimited = false

    /// What the API's document says of a route.
    struct Shape: Sendable {
        var path: JSONSchema
        var query: JSONSchema
        var body: JSONSchema?
        /// Where the body is a `multipart/form-data` with a file in it: the file's field.
        var fileField: String?
        var outcomes: [Outcome]
    }

    /// A route that reads JSON, or no body at all.
    package init<
        Path: Decodable & Sendable, Query: Decodable & Sendable, Body: Decodable & Sendable, Answer: Reply
    >(
        _ method: Method, _ path: String,
        _ handler: @escaping @Sendable (Call<Path, Query, Body>) async throws -> Answer
    ) {
        let body: JSONSchema? = Body.self == None.self ? nil : .of(Body.self)
        self.init(
            method, path,
            Shape(path: .of(Path.self), query: .of(Query.self), body: body, outcomes: Answer.outcomes)
        ) { reader, caller, context in
            let (path, query, body) = try reader.read(Path.self, Query.self, Body.self)
            return try await handler(
                Call(
                    path: path, query: query, body: body, caller: caller, request: reader.request,
                    context: context)
            ).response
        }
    }

    /// A route that takes a form with a file in it: a picture.
    package init<Path: Decodable & Sendable, Query: Decodable & Sendable, Answer: Reply>(
        _ method: Method, _ path: String,
        _ handler: @escaping @Sendable (Call<Path, Query, Multipart>) async throws -> Answer
    ) {
        self.init(
            method, path,
            Shape(
                path: .of(Path.self), query: .of(Query.self), body: nil, fileField: "file",
                outcomes: Answer.outcomes)
        ) { reader, caller, context in
            let (path, query, _) = try reader.read(Path.self, Query.self, None.self)
            return try await handler(
                Call(
                    path: path, query: query, body: try Multipart(reader.request), caller: caller,
                    request: reader.request, context: context)
            ).response
        }
    }

    private init(
        _ method: Method, _ path: String, _ shape: Shape,
        _ run: @escaping @Sendable (RouteReader, Caller?, CallContext) async throws -> Response
    ) {
        self.method = method
        pattern = PathPattern(path)
        self.shape = shape
        self.run = run
        guard case .object(_, let members) = shape.path else { return }
        for member in members where member.isRequired {
            precondition(
                pattern.segments.contains(.parameter(member.name)),
                "\(method.rawValue) \(path) asks for :\(member.name), which its path does not have")
        }
    }

    /// Whether the route reads a JSON body.
    var readsBody: Bool { shape.body != nil }
    var readsForm: Bool { shape.fileField != nil }

    package func failing(_ text: String) -> Route {
        var copy = self
        copy.failing = text
        return copy
    }

    /// For routes of which the contract words mistakes of the request (400) otherwise than every other failure.
    package func failingToRead(_ text: String) -> Route {
        var copy = self
        copy.failingToRead = text
        return copy
    }

    /// What goes in front of the reason.
    func fixedPart(of problem: Problem) -> String? {
        problem.status == .badRequest ? failingToRead ?? failing : failing
    }

    /// The field in which a form's file comes.
    package func taking(file field: String) -> Route {
        var copy = self
        copy.shape.fileField = field
        return copy
    }

    /// One line for the API's document.
    package func summary(_ text: String) -> Route {
        var copy = self
        copy.summary = text
        return copy
    }

    /// For routes of which the contract says 400 where a number in the path is none; elsewhere that is 404.
    package var tellingPathMistakes: Route {
        var copy = self
        copy.tellsPathMistakes = true
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
