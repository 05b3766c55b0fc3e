import Compression
package import Core
import FoundationEssentials

/// From request to answer, the same for every service: preflight, route, time stamp, limits, caller, right, handler,
/// and every failure in the one envelope.
package struct Dispatcher: Sendable {
    /// What a service sets once for all its routes.
    package struct Rules: Sendable {
        package var clock = Clock.system
        package var cors = CORS()
        /// Whether authenticated calls must carry the `timestamp` header; one that is sent is always checked.
        package var requiresTimestamp = false
        package var limiter: any RateLimiter = LocalRateLimiter()
        /// Requests a minute; 0 means no limit.
        package var perAddress = 600
        package var perAccount = 1_200
        /// What routes are counted by that say `.limited(by:)`.
        package var classes = RateRule.contract
        package var limits = Limits()
        /// Where routes marked `.idempotent` keep their keys; a service without such routes needs none.
        package var idempotency: (any IdempotencyStore)?

        package init() {}
    }

    private let tree: RouteTree
    private let credentials: any CredentialCheck
    package let rules: Rules
    private let finished: @Sendable (RequestEvent) -> Void

    package init(
        routes: [GuardedRoute], credentials: any CredentialCheck, rules: Rules = .init(),
        finished: @escaping @Sendable (RequestEvent) -> Void = { _ in }
    ) {
        tree = RouteTree(routes)
        self.credentials = credentials
        self.rules = rules
        self.finished = finished
    }

    /// The limits that hold for a request before its body is read.
    package func allowance(for head: RequestHead) -> (bodyBytes: Int, deadline: Duration) {
        guard case .route(let guarded, _) = tree.match(head.method, head.path) else {
            return (rules.limits.bodyBytes, rules.limits.answer)
        }
        return (
            guarded.route.bodyLimit ?? rules.limits.bodyBytes, guarded.route.deadline ?? rules.limits.answer
        )
    }

    package func respond(to request: Request) async -> Response {
        let start = rules.clock.monotonic
        var event = RequestEvent(
            method: request.method.rawValue, route: "", status: 0, milliseconds: 0, requestID: request.id,
            client: request.client)
        let notes = Notes()
        var response = await answer(request, notes, &event)
        rules.cors.mark(&response, for: request)
        complete(&response, for: request)
        event.status = response.status.rawValue
        event.notes = notes.all
        event.milliseconds = Double((rules.clock.monotonic - start).wholeNanoseconds) / 1_000_000
        finished(event)
        return response
    }

    private func answer(_ request: Request, _ notes: Notes, _ event: inout RequestEvent) async -> Response {
        if request.method == .options {
            event.route = "preflight"
            return rules.cors.preflight()
        }
        var fixed: String?
        var isAuthenticated = false
        do {
            try checkTimestamp(of: request, isRequired: false)
            let match = tree.match(request.method, request.path)
            let counting = counting(request, match)
            if !match.isUnlimited {
                try await counting.count("address:\(request.client)", limit: rules.perAddress)
            }
            let (guarded, parameters) = try Self.found(match)
            event.route = guarded.route.pattern.description
            let caller = guarded.route.ignoresCredentials ? nil : try await credentials.caller(of: request)
            event.user = caller?.user
            isAuthenticated = caller != nil
            guard guarded.right.isHeld(by: caller) else { throw Self.refused(caller) }
            if let caller {
                try checkTimestamp(of: request, isRequired: rules.requiresTimestamp && guarded.right != .open)
                try await counting.count("account:\(caller.user)", limit: rules.perAccount)
            }
            try await counting.countRoute(caller)
            try Self.checkType(of: request, for: guarded.route)
            fixed = guarded.route.failing
            let context = CallContext(counting: counting, notes: notes)
            var response = try await run(guarded.route, request, parameters, caller, context)
            if isAuthenticated { response.headers["Cache-Control"] = "no-store" }
            return response
        } catch {
            let problem = Self.problem(from: error, &event)
            var response = problem.response(fixed: fixed, at: rules.clock.now)
            if isAuthenticated { response.headers["Cache-Control"] = "no-store" }
            return response
        }
    }

    private func run(
        _ route: Route, _ request: Request, _ parameters: [(name: String, value: String)], _ caller: Caller?,
        _ context: CallContext
    ) async throws -> Response {
        guard route.isIdempotent, let store = rules.idempotency, let caller else {
            return try await route.run(request, parameters, caller, context)
        }
        return try await Idempotency(store: store).run(
            request, route: route.pattern.description, caller: caller
        ) {
            try await route.run(request, parameters, caller, context)
        }
    }

    private func counting(_ request: Request, _ match: RouteTree.Match) -> RequestCounting {
        RequestCounting(rules.limiter, client: request.client, match.limit, rules.classes)
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

    private static func problem(from error: any Error, _ event: inout RequestEvent) -> Problem {
        let problem = Problem(thrown: error)
        if problem.status == .internalServerError || problem.status == .serviceUnavailable {
            event.innerError = String(describing: error)
        }
        return problem
    }

    /// Bodies below this gain nothing from compression.
    private static let worthCompressing = 1_024

    private func complete(_ response: inout Response, for request: Request) {
        response.headers["X-Request-Id"] = request.id
        response.headers["X-Content-Type-Options"] = "nosniff"
        guard response.status == .ok, request.method == .get || request.method == .head else { return }
        if response.headers["Cache-Control"] != "no-store" {
            let tag = response.headers["ETag"] ?? Self.tag(of: response.body)
            response.headers["ETag"] = tag
            if request.headers.all("If-None-Match").joined(separator: ",").split(separator: ",")
                .contains(where: { Self.bare($0) == Self.bare(tag[...]) || HeaderText.trimmed($0) == "*" })
            {
                response.status = .notModified
                response.body = []
                response.headers["Content-Type"] = nil
                return
            }
        }
        compress(&response, for: request)
    }

    private func compress(_ response: inout Response, for request: Request) {
        let type = response.headers["Content-Type"] ?? ""
        guard ["application/json", "text/", "image/svg", "application/xml"].contains(where: type.hasPrefix)
        else { return }
        response.headers.add("Vary", "Accept-Encoding")
        guard response.body.count >= Self.worthCompressing, response.headers["Content-Encoding"] == nil,
            request.headers.list("Accept-Encoding").contains(where: Self.wantsGzip)
        else { return }
        let packed = Gzip.pack(response.body)
        guard packed.count < response.body.count else { return }
        response.body = packed
        response.headers["Content-Encoding"] = "gzip"
        // The same thing in other bytes needs another tag, or a weak one (RFC 9110 §8.8.3.3).
        if let tag = response.headers["ETag"], !tag.hasPrefix("W/") { response.headers["ETag"] = "W/\(tag)" }
    }

    /// `gzip`, unless its weight is nothing: `gzip;q=0`.
    private static func wantsGzip(_ offer: String) -> Bool {
        let parts = offer.split(separator: ";").map { HeaderText.trimmed($0) }
        guard parts.first == "gzip" || parts.first == "*" else { return false }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
        return weight.flatMap { Double($0) } != 0
    }

    private static func bare(_ tag: Substring) -> String {
        let trimmed = HeaderText.trimmed(tag)
        return trimmed.hasPrefix("W/") ? String(trimmed.dropFirst(2)) : trimmed
    }

    /// FNV-1a over 64 bits and the length: enough to tell versions of one resource apart.
    static func tag(of body: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in body { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return "\"\(String(hash, radix: 36))-\(String(body.count, radix: 36))\""
    }
}
