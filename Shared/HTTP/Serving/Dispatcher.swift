package import Core

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
    let credentials: any CredentialCheck
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

    func match(_ method: Method, _ path: String) -> RouteTree.Match { tree.match(method, path) }

    /// The limits that hold for a request as soon as its head is there.
    func allowance(for match: RouteTree.Match) -> (bodyBytes: Int, deadline: Duration) {
        let route = match.route
        let usual = route?.readsForm == true ? rules.limits.uploadBytes : rules.limits.bodyBytes
        return (route?.bodyLimit ?? usual, route?.deadline ?? rules.limits.answer)
    }

    /// What came of a request: the answer, and what will be told of it.
    struct Answered: Sendable {
        var response: Response
        var event: RequestEvent
        let started: MonotonicInstant
    }

    /// Answers one request that came by no connection, or by one that needs to know nothing else.
    package func respond(to request: Request) async -> Response {
        let answered = await answer(to: request, match(request.method, request.path))
        tell(answered)
        return answered.response
    }

    func answer(to request: Request, _ match: RouteTree.Match) async -> Answered {
        let started = rules.clock.monotonic
        var event = RequestEvent(request)
        let notes = Notes()
        var response = await answer(to: request, match, notes, &event)
        rules.cors.mark(&response, for: request)
        await AnswerShape.complete(&response, for: request)
        event.notes = notes.all
        event.status = response.status.rawValue
        return Answered(response: response, event: event, started: started)
    }

    /// Tells the log and the metrics, once for each request.
    ///
    /// - Parameters:
    ///   - status: where the caller has heard another than the handler's.
    ///   - error: what ended the answer before its end.
    func tell(_ answered: Answered, status: Int? = nil, error: (any Error)? = nil) {
        var event = answered.event
        event.status = status ?? event.status
        if let error { event.innerError = String(describing: error) }
        event.milliseconds = Double((rules.clock.monotonic - answered.started).wholeNanoseconds) / 1_000_000
        finished(event)
    }

    /// Tells of bytes that are no request.
    func tell(_ malformed: MalformedRequest, from client: String, id: String) {
        finished(RequestEvent(malformed, client: client, id: id))
    }

    /// The answer to a request that failed outside its handler.
    func failure(_ problem: Problem, of request: Request, _ match: RouteTree.Match) -> Response {
        var response = problem.response(fixed: match.route?.fixedPart(of: problem), at: rules.clock.now)
        rules.cors.mark(&response, for: request)
        AnswerShape.mark(&response, id: request.id)
        if request.headers["Authorization"] != nil { response.headers["Cache-Control"] = "no-store" }
        return response
    }
}
