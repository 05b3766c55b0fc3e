package import Core
package import FoundationEssentials

/// The routes that every service has on its own port: alive, ready, measured.
package struct ServiceRoutes: Sendable {
    /// One thing that a service cannot do without, and whether it is there.
    package struct Check: Sendable {
        package let name: String
        package let isFine: @Sendable () async -> Bool

        package init(_ name: String, isFine: @escaping @Sendable () async -> Bool) {
            self.name = name
            self.isFine = isFine
        }
    }

    private let service: String
    private let version: String
    private let clock: Clock
    private let checks: [Check]
    private let metrics: @Sendable () async -> String

    /// - Parameter metrics: the text of `/metrics`, in Prometheus' format 0.0.4.
    package init(
        service: String, version: String, clock: Clock, checks: [Check],
        metrics: @escaping @Sendable () async -> String
    ) {
        self.service = service
        self.version = version
        self.clock = clock
        self.checks = checks
        self.metrics = metrics
    }

    @RouteTable package var routes: [GuardedRoute] {
        Route(.get, "/health", health).summary("Whether the process runs").unlimited.openToAnyCredential
        Route(.get, "/ready", ready).summary("Whether everything is there that it needs").unlimited
            .openToAnyCredential
        Route(.get, "/metrics", measured).summary("Figures for Prometheus").unlimited.openToAnyCredential
    }

    package struct Health: Codable, Sendable {
        package var status: String
        package var service: String
        package var version: String
        package var time: Date
    }

    package struct Readiness: Codable, Sendable {
        package var status: String
        package var checks: [String: String]
    }

    private func health(_ call: Call<None, None, None>) async throws -> OK<Health> {
        OK(Health(status: "ok", service: service, version: version, time: clock.now))
    }

    /// 200 or 503 in one shape, which is not the envelope of errors.
    private struct Ready: Reply {
        let readiness: Readiness
        let isReady: Bool
        static var status: Status { .ok }
        static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(Readiness.self)) }
        var response: Response { .json(isReady ? .ok : .serviceUnavailable, readiness) }
    }

    private func ready(_ call: Call<None, None, None>) async throws -> Ready {
        var results: [String: String] = [:]
        for check in checks { results[check.name] = await check.isFine() ? "ok" : "failing" }
        let isReady = results.values.allSatisfy { $0 == "ok" }
        return Ready(
            readiness: Readiness(status: isReady ? "ready" : "not_ready", checks: results), isReady: isReady)
    }

    private struct Measured: Reply {
        let text: String
        static var status: Status { .ok }
        static var content: (type: String, schema: JSONSchema)? { ("text/plain; version=0.0.4", .string()) }
        var response: Response { .text(.ok, text, type: "text/plain; version=0.0.4; charset=utf-8") }
    }

    private func measured(_ call: Call<None, None, None>) async throws -> Measured {
        Measured(text: await metrics())
    }
}
