import Core

/// Reads the parts of one request into the types of its route.
struct RouteReader: Sendable {
    let request: Request
    let parameters: [(name: String, value: String)]
    private let shape: Route.Shape
    private let tellsPathMistakes: Bool

    init(_ request: Request, _ parameters: [(name: String, value: String)], _ route: Route) {
        self.request = request
        self.parameters = parameters
        shape = route.shape
        tellsPathMistakes = route.tellsPathMistakes
    }

    /// What belongs together is told together: mistakes of query and body in one answer.
    func read<Path: Decodable, Query: Decodable, Body: Decodable>(
        _ path: Path.Type, _ query: Query.Type, _ body: Body.Type
    ) throws(Problem) -> (Path, Query, Body) {
        let path = try self.path(path)
        var mistakes: [JSONMistake] = []
        let query = Self.collecting(&mistakes) { () throws(JSONMistakes) in try self.query(query) }
        let body = Self.collecting(&mistakes) { () throws(JSONMistakes) in try self.body(body) }
        guard let query, let body else { throw Problem(JSONMistakes(mistakes)) }
        return (path, query, body)
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

    /// What is no identifier in a path is a path that does not exist, unless the route says otherwise. What stands
    /// there is not trimmed: `/tags/%20a` is another path than `/tags/a`.
    private func path<Path: Decodable>(_ type: Path.Type) throws(Problem) -> Path {
        if type == None.self, let none = None() as? Path { return none }
        var rules = JSONReadingRules.api
        rules.tidiesText = false
        do {
            return try ParameterReader.decode(type, shaped: shape.path, from: parameters, rules: rules)
        } catch {
            throw tellsPathMistakes ? Problem(error) : .notFound
        }
    }

    private func query<Query: Decodable>(_ type: Query.Type) throws(JSONMistakes) -> Query {
        if type == None.self, let none = None() as? Query { return none }
        guard let pairs = PercentCoding.pairs(request.query) else {
            throw JSONMistakes([JSONMistake(.malformed, at: "", "malformed query")])
        }
        return try ParameterReader.decode(type, shaped: shape.query, from: pairs, rules: .api)
    }

    private func body<Body: Decodable>(_ type: Body.Type) throws(JSONMistakes) -> Body {
        if type == None.self, let none = None() as? Body { return none }
        // No body at all is an object without members: only where members are required is that a mistake.
        let bytes = request.body.isEmpty ? Array("{}".utf8) : request.body
        return try JSONReader.decode(type, from: bytes, rules: .body)
    }
}
