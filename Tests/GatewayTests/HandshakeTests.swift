import Contracts
import Core
import GatewayService
import HTTP
import OCPP
import Postgres
import Sockets
import StationSimulator
import TestSupport
import Testing
import WebSocket

/// Who may connect, and as what.
@Suite struct `The handshake of a station` {
    private func refusal(
        of id: String, _ change: (inout CentralSystem) -> Void = { _ in }
    ) async throws -> Int? {
        var central = try GatewayUp.current.central()
        change(&central)
        let station = Simulator(id, at: central, on: TestLoops.shared.next())
        do {
            try await station.connect()
            await station.shutDown()
            return nil
        } catch HandshakeFailure.refused(let answer) {
            return answer.status
        }
    }

    @Test(.gatewayUp, .fact(38)) func `is refused where nobody entered the point`() async throws {
        #expect(try await refusal(of: "NOBODY") == 404)
    }

    @Test(.gatewayUp(["UNKNOWN_CHARGE_POINTS": "accept"]), .fact(38))
    func `is accepted from anybody where that is set, and the point is reported`() async throws {
        let station = try await GatewayUp.current.boot("STRANGER")

        #expect(await station.registration == .accepted)
        let reported: [String] = try await GatewayUp.current.owner.run(
            "SELECT subject FROM gateway.reported WHERE kind = 'point'")
        #expect(reported == ["STRANGER"])
        await station.shutDown()
    }

    @Test(.gatewayUp(["UNKNOWN_CHARGE_POINTS": "pending"]))
    func `lets a stranger introduce itself, and no more, until it is approved`() async throws {
        let station = try await GatewayUp.current.station("STRANGER")
        try await station.connect()

        let answer = try await station.announceBoot()
        #expect(answer.status == .pending)
        #expect(answer.interval == 60)
        #expect(await station.refusal { _ = try await $0.authorization(of: "04A1") }?.code == .securityError)
        await station.shutDown()
    }

    @Test(.gatewayUp, .fact(37), .covers("TC_085"))
    func `wants the point's password`() async throws {
        let up = GatewayUp.current
        try await up.enter("CP1", password: "right-0123456789")

        #expect(try await refusal(of: "CP1") { $0.password = "wrong" } == 401)
        #expect(try await refusal(of: "CP1") == 401)
        #expect(try await refusal(of: "CP1") { $0.password = "right-0123456789" } == nil)
    }

    @Test(.gatewayUp, .covers("TC_088")) func `agrees on a version of OCPP`() async throws {
        let up = GatewayUp.current
        try await up.enter("CP1")

        #expect(try await refusal(of: "CP1") { $0.subprotocols = ["ocpp1.2", "mqtt"] } == 400)
        #expect(try await refusal(of: "CP1") { $0.subprotocols = [] } == 400)
        #expect(try await refusal(of: "CP1") { $0.subprotocols = ["ocpp9.9", "ocpp1.6"] } == nil)
    }

    @Test(.gatewayUp(["OCPP_REQUIRE_SUBPROTOCOL": "false"]))
    func `assumes 1.6 of a station that names none, where that is set`() async throws {
        try await GatewayUp.current.enter("CP1")

        #expect(try await refusal(of: "CP1") { $0.subprotocols = [] } == nil)
    }

    @Test(.gatewayUp, arguments: ["/ocpp/", "/ws/", "/"])
    func `knows the folders before the identity`(path: String) async throws {
        try await GatewayUp.current.enter("CP1")

        #expect(try await refusal(of: "CP1") { $0.path = path } == nil)
    }

    /// The status that a handshake with these fields is answered with; 101 where it is let in.
    private func answer(to id: String, _ fields: [(String, String)]) async throws -> Int {
        let (central, loop) = (try GatewayUp.current.central(), TestLoops.shared.next())
        return try await Task(executorPreference: loop) {
            do {
                let socket = try await WebSocketConnection.open(
                    central.target(of: id), at: central.address, on: loop, headers: Headers(fields),
                    subprotocols: ["ocpp1.6"])
                socket.abort()
                return 101
            } catch HandshakeFailure.refused(let answer) {
                return answer.status
            }
        }.value
    }

    @Test(.gatewayUp(["TRUSTED_PROXIES": "127.0.0.1/32"]), .covers("TC_087"))
    func `of profile 3 goes by the certificate that the proxy has checked`() async throws {
        try await GatewayUp.current.enter("CP1", profile: 3)
        let tls = ("X-Forwarded-Proto", "https")

        #expect(
            try await answer(
                to: "CP1", [tls, ("X-Client-Verify", "SUCCESS"), ("X-Client-Subject", "CN=CP1,O=Depot")])
                == 101)
        #expect(
            try await answer(
                to: "CP1", [tls, ("X-Client-Verify", "SUCCESS"), ("X-Client-Subject", "CN=CP2,O=CP1")])
                == 401)
        #expect(try await answer(to: "CP1", [tls, ("X-Client-Verify", "NONE")]) == 401)
        #expect(
            try await answer(to: "CP1", [("X-Client-Verify", "SUCCESS"), ("X-Client-Subject", "CN=CP1")])
                == 401)
    }

    @Test(.gatewayUp(["TRUSTED_PROXIES": "192.0.2.1/32"]), .covers("TC_087"))
    func `of profile 3 is not believed from anybody but the proxy`() async throws {
        try await GatewayUp.current.enter("CP1", profile: 3)

        #expect(
            try await answer(
                to: "CP1",
                [
                    ("X-Forwarded-Proto", "https"), ("X-Client-Verify", "SUCCESS"),
                    ("X-Client-Subject", "CN=CP1"),
                ]) == 401)
    }

    @Test(.gatewayUp) func `of profile 2 is believed behind TLS only`() async throws {
        try await GatewayUp.current.enter("CP1", password: "right-0123456789", profile: 2)

        #expect(try await refusal(of: "CP1") { $0.password = "right-0123456789" } == 401)
    }
}

/// A station has one connection that counts: the newest.
@Suite(.gatewayUp) struct `A second connection of a station` {
    private let up = GatewayUp.current

    @Test(.fact(43)) func `takes the place of the first, whose late end changes nothing`() async throws {
        try await up.enter("CP1")
        let old = try await up.boot("CP1") { $0.reconnects = false }
        let new = try await up.boot("CP1") { $0.reconnects = false }

        try await Wait.until { await !old.isConnected }
        _ = try await new.call(V16.Heartbeat.self, NoFields())

        let isOnline: Bool = try await up.owner.run(
            "SELECT disconnected_at IS NULL FROM gateway.station WHERE charge_point_id = 'CP1'")
        #expect(isOnline)
        await new.shutDown()
        try await Wait.until {
            try await up.owner.run(
                "SELECT disconnected_at IS NOT NULL FROM gateway.station WHERE charge_point_id = 'CP1'")
        }
    }

    @Test(.fact(42)) func `of another point is untouched by what one sends`() async throws {
        try await up.enter("CP1")
        try await up.enter("CP2")
        let bad = try await up.boot("CP1")
        let good = try await up.boot("CP2")

        for (payload, code) in [
            (#"{"idTag":"123456789012345678901"}"#, CallErrorCode.propertyConstraintViolation),
            (#"{"idTag":17}"#, .typeConstraintViolation), (#"{}"#, .occurrenceConstraintViolation),
        ] {
            let error = await bad.refusal { try await $0.call("Authorize", payload: Array(payload.utf8)) }
            #expect(error?.code == code, "\(payload)")
        }
        await bad.send(text: "no frame at all")

        _ = try await good.call(V16.Heartbeat.self, NoFields())
        _ = try await bad.call(V16.Heartbeat.self, NoFields())
        #expect(await good.isConnected)
        await bad.shutDown()
        await good.shutDown()
    }
}
