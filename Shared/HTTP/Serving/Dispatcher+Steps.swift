import Core
import FoundationEssentials

/// The steps of one answer, in the order in which a caller learns of them.
extension Dispatcher {
    func answer(
        to request: Request, _ match: RouteTree.Match, _ notes: Notes, _ event: inout RequestEvent
    ) async -> Response {
        if request.method == .options {
            event.route = "preflight"
            return rules.cors.preflight()
        }
        var reached: Route?
        var isAuthenticated = false
        var response: Response
        do {
            let counting = RequestCounting(
                rules.limiter, client: request.client, match.route?.limit, rules.classes)
            try checkTimestamp(of: request, isRequired: false)
            if match.route?.isUnlimited != true {
                try await counting.count("address:\(request.client)", limit: rules.perAddress)
            }
            let (guarded, parameters) = try Self.found(match)
            let route = guarded.route
            event.route = route.pattern.description
            let caller = route.ignoresCredentials ? nil : try await credentials.caller(of: request)
            event.user = caller?.user
            isAuthenticated = caller != nil
            guard guarded.right.isHeld(by: caller) else { throw Self.refused(caller) }
            if let caller {
                try checkTimestamp(of: request, isRequired: rules.requiresTimestamp && guarded.right != .open)
                if !route.isUnlimited {
                    try await counting.count("account:\(caller.user)", limit: rules.perAccount)
                }
            }
            try await counting.countRoute(caller)
            try Self.checkType(of: request, for: route)
            reached = route
            let context = CallContext(counting: counting, notes: notes)
            response = try await run(route, RouteReader(request, parameters, route), caller, context)
        } catch {
            let problem = Problem(thrown: error)
            if problem.status == .internalServerError || problem.status == .serviceUnavailable {
                event.innerError = String(describing: error)
            }
            response = problem.response(fixed: reached?.fixedPart(of: problem), at: rules.clock.now)
        }
        if isAuthenticated { response.headers["Cache-Control"] = "no-store" }
        return response
    }

    private func run(
        _ route: Route, _ reader: RouteReader, _ caller: Caller?, _ context: CallContext
    ) async throws -> Response {
        guard route.isIdempotent, let store = rules.idempotency, let caller else {
            return try await route.run(reader, caller, context)
        }
        return try await Idempotency(store: store).run(
            reader.request, route: route.pattern.description, caller: caller
        ) {
            do {
                return try await route.run(reader, caller, context)
            } catch {
                // A refusal is an answer like any other, and a repeated request gets it again.
                let problem = Problem(thrown: error)
                guard problem.status.rawValue < 500 else { throw error }
                return problem.response(fixed: route.fixedPart(of: problem), at: rules.clock.now)
            }
        }
    }

    private static func found(_ match: RouteTree.Match) throws(Problem) -> (
        GuardedRoute, [(name: String, value: String)]
    ) {
        switch match {
        case .route(let guarded, let parameters): return (guarded, parameters)
        case .nothing: throw .notFound
        case .otherMethods(let methods):
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            throw Problem(.methodNotAllowed, "method not allowed", headers: ["Allow": allowed])
        }
    }

    private static func refused(_ caller: Caller?) -> Problem {
        caller == nil
            ? Problem(.unauthorized, "not authorized") : Problem(.forbidden, "insufficient permissions")
    }

    /// A body of another type than the route reads is not guessed at.
    private static func checkType(of request: Request, for route: Route) throws(Problem) {
        guard route.readsBody, !request.body.isEmpty else { return }
        let type = request.headers["Content-Type"]?.split(separator: ";").first.map { HeaderText.trimmed($0) }
        guard let type, Headers.same(type, "application/json") else {
            throw Problem(.unsupportedMediaType, "the body must be application/json")
        }
    }

    /// Seconds that the caller's clock may be off, both ways.
    private static let timestampWindow = 30.0

    private func checkTimestamp(of request: Request, isRequired: Bool) throws(Problem) {
        guard let text = request.headers["timestamp"] else {
            if isRequired { throw Problem(.forbidden, code: 2015, "the request timestamp is missing") }
            return
        }
        guard let seconds = Int64(text) else {
            throw Problem(.forbidden, code: 2015, "the request timestamp is not an integer")
        }
        let offset = rules.clock.now.timeIntervalSince1970.rounded(.down) - Double(seconds)
        guard abs(offset) <= Self.timestampWindow else {
            throw Problem(.forbidden, code: 2015, "the request timestamp is outside the window")
        }
    }
}
