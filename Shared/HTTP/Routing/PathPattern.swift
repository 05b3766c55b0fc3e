/// A route's path: literal segments and parameters, as in `/users/:id/sessions`.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    let segments: [Segment]

    package init(_ text: String) {
        segments = text.split(separator: "/").map { part in
            part.hasPrefix(":") ? .parameter(String(part.dropFirst())) : .literal(String(part))
        }
    }

    package var description: String {
        "/"
            + segments.map { segment in
                switch segment {
                case .literal(let text): text
                case .parameter(let name): ":\(name)"
                }
            }.joined(separator: "/")
    }
}

/// Finds the route for a path: literal segments win over parameters, and a slash at the end makes no difference.
struct RouteTree: Sendable {
    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var routes: [Method: GuardedRoute] = [:]
    }

    private var nodes = [Node()]

    enum Match {
        case route(GuardedRoute, [(name: String, value: String)])
        /// The path exists, for other methods.
        case otherMethods([Method])
        case nothing

        var route: Route? {
            if case .route(let guarded, _) = self { guarded.route } else { nil }
        }
    }

    init(_ routes: [GuardedRoute]) {
        for route in routes { add(route) }
    }

    private mutating func add(_ guarded: GuardedRoute) {
        var place = 0
        for segment in guarded.route.pattern.segments {
            let next: Int?
            switch segment {
            case .literal(let text): next = nodes[place].literals[text]
            case .parameter: next = nodes[place].parameter
            }
            if let next {
                place = next
                continue
            }
            nodes.append(Node())
            switch segment {
            case .literal(let text): nodes[place].literals[text] = nodes.count - 1
            case .parameter: nodes[place].parameter = nodes.count - 1
            }
            place = nodes.count - 1
        }
        precondition(
            nodes[place].routes[guarded.route.method] == nil,
            "\(guarded.route.method.rawValue) \(guarded.route.pattern) stands in the table twice")
        nodes[place].routes[guarded.route.method] = guarded
    }

    /// - Parameter path: percent-encoded. An encoded slash stays inside its segment.
    func match(_ method: Method, _ path: String) -> Match {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if segments.last?.isEmpty == true { segments.removeLast() }
        guard segments.allSatisfy({ !$0.isEmpty }) else { return .nothing }
        var decoded: [String] = []
        for segment in segments {
            guard let text = PercentCoding.decode(segment) else { return .nothing }
            decoded.append(text)
        }
        // Literal segments win, whatever the method: `/users/list` is never a user's number.
        guard let place = place(for: decoded[...], from: 0) else { return .nothing }
        let routes = nodes[place].routes
        if let guarded = routes[method] ?? (method == .head ? routes[.get] : nil) {
            return .route(guarded, parameters(of: guarded.route.pattern, decoded))
        }
        return .otherMethods(
            Method.allCases.filter { routes[$0] != nil || $0 == .head && routes[.get] != nil })
    }

    private func parameters(of pattern: PathPattern, _ segments: [String]) -> [(name: String, value: String)]
    {
        zip(pattern.segments, segments).compactMap { segment, text in
            if case .parameter(let name) = segment { (name, text) } else { nil }
        }
    }

    /// Where the path leads to; literal ways are tried first.
    private func place(for segments: ArraySlice<String>, from place: Int) -> Int? {
        guard let first = segments.first else { return nodes[place].routes.isEmpty ? nil : place }
        let rest = segments.dropFirst()
        if let next = nodes[place].literals[first], let found = self.place(for: rest, from: next) {
            return found
        }
        return nodes[place].parameter.flatMap { self.place(for: rest, from: $0) }
    }
}
