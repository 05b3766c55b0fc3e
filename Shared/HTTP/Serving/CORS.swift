/// Which web pages may call: the contract's section on CORS.
package struct CORS: Sendable {
    private let origins: Set<String>
    private let allowsAll: Bool

    /// - Parameter origins: such as `https://app.example.org`; `*` for every page.
    package init(origins: [String] = ["*"]) {
        self.origins = Set(origins)
        allowsAll = origins.contains("*")
    }

    package func allows(_ origin: String) -> Bool { allowsAll || origins.contains(origin) }

    /// Tells the browser that the page may read the answer. Credentials are never allowed: ours travel in a header
    /// that no browser adds by itself.
    func mark(_ response: inout Response, for request: Request) {
        // Without this a cache could give one page's answer to another.
        response.headers.add("Vary", "Origin")
        guard let origin = request.headers["Origin"], allows(origin) else { return }
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] =
            "Link, X-Total-Count, Retry-After, X-Request-Id, Idempotency-Replayed"
    }

    /// The answer to a preflight, on every path.
    func preflight() -> Response {
        Response(
            .noContent,
            headers: Headers([
                ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
                (
                    "Access-Control-Allow-Headers",
                    "Authorization, Content-Type, timestamp, Idempotency-Key, X-Request-Id"
                ),
                ("Access-Control-Max-Age", "600"),
            ]))
    }
}
