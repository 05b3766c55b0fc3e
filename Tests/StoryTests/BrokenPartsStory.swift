import Core
import Foundation
import OCPP
import Sockets
import StationSimulator
import TestSupport
import Testing

/// Whatever dies in the middle of a charge comes back, and the charge ends as if nothing had been.
@Suite(.suiteUp, .serialized, .timeLimit(.minutes(10))) struct `A charge during which something breaks` {
    @Test(arguments: ["gateway", "accounts", "billing", "reporting", "postgres", "redis"])
    func `ends correctly and is billed once, though that part was killed`(part: String) async throws {
        try await charge("Kill\(part)") { passing in
            try SuiteUp.current.crash(part)
            await passing()
        }
    }

    /// Nobody sees the end of what hangs: whoever waits for it must get on by himself.
    @Test(arguments: ["gateway", "accounts", "billing", "reporting", "postgres", "redis"])
    func `ends correctly and is billed once, though that part hung`(part: String) async throws {
        let suite = SuiteUp.current
        try await charge("Hang\(part)") { passing in
            try await suite.freeze(part)
            do {
                async let told: Void = passing()
                switch part {
                case "postgres", "redis":
                    try await eventually("the gateway is not ready") {
                        let ready = try await Caller.anybody.asks("/ready", base: suite.own("gateway"))
                        return ready?.status == 503 ? true : nil
                    }
                default:
                    // No word, though the connection is taken: the kernel does that.
                    let word = try await Caller.anybody.asks("/health", base: suite.own(part))
                    #expect(word == nil)
                }
                try suite.thaw(part)
                await told
            } catch {
                try suite.thaw(part)
                throw error
            }
        }
    }

    @Test func `ends correctly and is billed once, though Redis forgot everything`() async throws {
        try await charge("Forgetful") { passing in
            try await SuiteUp.current.redis("FLUSHALL")
            await passing()
        }
    }

    /// 15 kWh in 90 minutes, of which the middle third is `breaking`'s: it lets half an hour pass, with a reading that is told
    /// then, or as soon as somebody hears it again.
    private func charge(
        _ name: String, breaking: (_ passing: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let network = try await Network.make(name)
        let station = try await plugged(network)
        #expect(await station.present(network.card) == .accepted)
        await Self.pass(station, minutes: 30)
        let session = Int64(try #require(await station.transaction()))

        try await breaking { await Self.pass(station, minutes: 30) }
        await station.advance(by: .seconds(30 * 60))
        await station.stop(reason: .local, tag: network.card)

        let shown = try await network.settled(session)
        #expect(shown["consumed"] == 15_000)
        #expect(shown["payment_amount"] == 585)
        try await everythingIsBack()
        #expect(try await network.payments(of: session).map { $0["amount"] } == [-585])
        #expect(try await network.balance() == 10_000 - 585)
        await station.shutDown()
    }

    @Test(.fact(9)) func `the database being away is said plainly`() async throws {
        let suite = SuiteUp.current
        let data = suite.home.appending(path: "postgres/data")
        // Without this file PostgreSQL does not start again.
        let (there, away) = (
            data.appending(path: "PG_VERSION").path(), data.appending(path: "PG_VERSION.away").path()
        )
        try await Tool.run("/bin/mv", [there, away])
        try suite.crash("postgres")

        for service in ["gateway", "accounts", "billing", "reporting"] {
            try await eventually("\(service) is not ready") {
                let ready = try await Caller.anybody.call("GET", "/ready", base: suite.own(service))
                return ready.status == 503 ? true : nil
            }
            let health = try await Caller.anybody.call("GET", "/health", base: suite.own(service))
            #expect(health.status == 200)
        }
        for path in ["/api/v1/stations/", "/api/v1/payment-plans", "/api/v1/report/month"] {
            let answer = try await Caller(token: String(repeating: "0", count: 32)).call("GET", path)
            #expect(answer.status == 503, "\(path): \(answer.text)")
            #expect(try answer.json["status_code"] == 2001)
            #expect(answer.headers["retry-after"] != nil)
        }

        try await Tool.run("/bin/mv", [away, there])
        try await everythingIsBack()
    }

    private func plugged(_ network: Network) async throws -> Simulator {
        var profile = StationProfile()
        profile.pace = .byHand
        profile.power = 10_000
        profile.reconnectDelay = .milliseconds(100)
        profile.sampleInterval = 0
        let central = try await CentralSystem.at(
            "ws://127.0.0.1:\(SuiteUp.current.stationPort)/", password: network.password)
        let station = Simulator(network.point, at: central, profile: profile, on: TestLoops.shared.next())
        // Its charge lies in the past: what is ahead of the server's clock would be corrected.
        await station.setClockError(-2 * 3_600)
        try await station.connect()
        try await station.boot()
        await station.plugIn()
        return station
    }

    private static func pass(_ station: Simulator, minutes: Int) async {
        await station.advance(by: .seconds(60 * minutes))
        await station.sample()
    }

    private func everythingIsBack() async throws {
        for service in ["gateway", "accounts", "billing", "reporting"] {
            try await eventually("\(service) is ready", within: .seconds(60)) {
                let ready = try await Caller.anybody.asks("/ready", base: SuiteUp.current.own(service))
                return ready?.status == 200 ? true : nil
            }
        }
    }
}
