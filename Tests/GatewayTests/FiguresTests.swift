import Core
import GatewayService
import HTTP
import Hosting
import OCPP
import Sockets
import StationSimulator
import TestSupport
import Testing

/// What a gateway tells Prometheus, asked as Prometheus asks.
@Suite(.timeLimit(.minutes(10))) struct `The gateway's figures` {
    private var up: GatewayUp { .current }

    @Test(.gatewayUp) func `tell of stations, sessions, energy, and of what it stands on`() async throws {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.plugIn()
        await station.begin(tag: "04A1")
        _ = try #require(await station.transaction())

        let during = try await figures()
        #expect(during["voltbus_charge_points_connected"] == 1)
        #expect(during["voltbus_sessions_active"] == 1)
        #expect(during["voltbus_session_energy_wh_total"] == 0)
        #expect(during[#"voltbus_ready{check="database"}"#] == 1)
        #expect(during[#"voltbus_ready{check="redis"}"#] == 1)
        #expect(during[#"voltbus_database_connections{state="wanted"}"#] == 4)
        #expect(during[#"voltbus_database_connections{state="open"}"#] == 4)
        #expect(during[#"voltbus_ocpp_answer_seconds_count{action="StartTransaction"}"#] == 1)

        await station.advance(by: .seconds(3_600))
        await station.stop(tag: "04A1")
        try await Wait.until { try await up.sessions.allSatisfy { $0.energy > 0 } }

        let after = try await figures()
        #expect(after["voltbus_sessions_active"] == 0)
        #expect(after["voltbus_session_energy_wh_total"] == 10_000)
        await station.shutDown()
    }

    @Test(.gatewayUp) func `have no label that a station can make up`() async throws {
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        for number in 1...50 { await station.send(text: #"[2,"made-up-\#(number)","MadeUp\#(number)",{}]"#) }
        _ = try await station.authorization(of: "04A1")

        let names = try await figures().keys

        #expect(!names.contains { $0.contains("MadeUp") })
        #expect(names.contains { $0.contains(#"action="other""#) })
        await station.shutDown()
    }

    /// A loop that somebody keeps for himself keeps all of its connections waiting: it must show.
    @Test(.gatewayUp) func `show a loop that is blocked`() async throws {
        func late() async throws -> Double {
            let figures = try await figures()
            return try #require(figures["voltbus_event_loop_lag_seconds_count"])
                - (try #require(figures[#"voltbus_event_loop_lag_seconds_bucket{le="0.25"}"#]))
        }
        let before = try await late()

        try await TestLoops.shared.next().run {
            let end = MonotonicInstant.now + .milliseconds(900)
            while MonotonicInstant.now < end {}
        }

        try await Wait.until { try await late() > before }
    }

    /// Samples by name and labels, without the label that all have.
    private func figures() async throws -> [String: Double] {
        let port = try #require(up.gateway.host.port)
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        let loop = TestLoops.shared.next()
        let answer = try await Task(executorPreference: loop) {
            let client = try await HTTPClient.connect(to: address, on: loop)
            defer { client.close() }
            return try await client.send(.get, "/metrics")
        }.value
        try #require(answer.status == 200)
        var samples: [String: Double] = [:]
        for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            let name = parts[0].replacing(#"{service="gateway"}"#, with: "")
                .replacing(#"service="gateway","#, with: "")
            samples[String(name)] = Double(parts[1])
        }
        return samples
    }
}
