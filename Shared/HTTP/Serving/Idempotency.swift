/// One use of an `Idempotency-Key`: keys are per account and route.
package struct IdempotentUse: Hashable, Sendable {
    package let user: Int64
    package let route: String
    package let key: String
    /// Tells another body under the same key; the body itself is not kept.
    package let bodyDigest: String
}

/// What a store knows of a key.
package enum IdempotentOutcome: Sendable {
    /// Never seen: the caller now holds it, and must `finish` or `abandon`.
    case first
    /// The same request is being dealt with at this moment.
    case running
    /// The key came with another request before.
    case other
    case answered(StoredAnswer)
}

/// An answer that a repeated request gets again.
package struct StoredAnswer: Codable, Equatable, Sendable {
    package var status: Int
    package var contentType: String?
    package var body: String

    package init(status: Int, contentType: String?, body: String) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// Keeps keys for 24 hours. A store answers `first` to exactly one of any number of requests at once.
package protocol IdempotencyStore: Sendable {
    func begin(_ use: IdempotentUse) async throws -> IdempotentOutcome
    func finish(_ use: IdempotentUse, _ answer: StoredAnswer) async throws
    /// The request failed for a reason of ours: the next one with this key may try.
    func abandon(_ use: IdempotentUse) async throws
}

/// The contract's rules for repeated requests, around a handler.
struct Idempotency: Sendable {
    let store: any IdempotencyStore

    func run(
        _ request: Request, route: String, caller: Caller, _ handle: () async throws -> Response
    ) async throws -> Response {
        guard let key = request.headers["Idempotency-Key"] else { return try await handle() }
        guard (1...64).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(.badRequest, "the idempotency key must be 1 to 64 printable characters")
        }
        let use = IdempotentUse(
            user: caller.user, route: route, key: key, bodyDigest: AnswerShape.tag(of: request.body))
        switch try await store.begin(use) {
        case .answered(let answer): return Self.replay(answer)
        case .other: throw Problem(.conflict, code: 2050, "the idempotency key was used with another request")
        case .running:
            throw Problem(
                .conflict, code: 2050, "the first request with this idempotency key is still running",
                headers: ["Retry-After": "1"])
        case .first: break
        }
        let response: Response
        do {
            response = try await handle()
        } catch {
            // The error is what the caller hears, whether or not the key can be given back: it falls free by itself.
            try? await store.abandon(use)
            throw error
        }
        if Self.isKept(response) {
            // What was done is done, and the caller shall hear of it even where it cannot be kept for the next time.
            try? await store.finish(use, Self.stored(response))
        } else {
            // As above.
            try? await store.abandon(use)
        }
        return response
    }

    /// What may go better next time is not kept; what is made while it is sent cannot be.
    private static func isKept(_ response: Response) -> Bool {
        response.status.rawValue < 500 && response.status != .tooManyRequests && response.stream == nil
    }

    private static func stored(_ response: Response) -> StoredAnswer {
        StoredAnswer(
            status: response.status.rawValue, contentType: response.headers["Content-Type"],
            body: String(decoding: response.body, as: UTF8.self))
    }

    private static func replay(_ answer: StoredAnswer) -> Response {
        var response = Response(Status(rawValue: answer.status) ?? .ok, body: Array(answer.body.utf8))
        response.headers["Content-Type"] = answer.contentType
        response.headers["Idempotency-Replayed"] = "true"
        return response
    }
}
