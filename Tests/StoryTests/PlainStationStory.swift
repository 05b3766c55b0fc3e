import Core
import Foundation
import Testing

/// A charge point that knows nothing of us but the specification, with no more than WebSocket and JSON.
@Suite(.suiteUp, .timeLimit(.minutes(5))) struct `A charge point without a library` {
    @Test func `charges through nginx and through Apache`() async throws {
        let suite = SuiteUp.current
        // Apache stands beside the suite's own proxy, in front of the same gateway.
        try #require(suite.gatewayStationPort > 0, "needs a suite of its own")
        let network = try await Network.make("Pavla")

        let told = try await Python.run(
            "plain_station.py",
            [
                "station_url": .string("wss://localhost:\(suite.stationTLSPort)/"),
                "certificate": .string(suite.certificate), "point": .string(network.point),
                "password": .string(network.password), "card": .string(network.card),
                "gateway": .string("127.0.0.1:\(suite.gatewayStationPort)"),
                "apache": .string(SuiteUp.root.appending(path: "deploy/apache/start").path()),
            ])

        for proxy in ["nginx", "apache"] {
            let charge = try #require(told[proxy])
            #expect(charge["subprotocol"] == "ocpp1.6")
            #expect(charge["boot"] == "Accepted")
            #expect(charge["card"] == "Accepted")
            #expect(charge["started"] == "Accepted")
            #expect(charge["stopped"] == "Accepted")
            let session = try #require(charge["transaction"]?.whole)
            let shown = try await network.settled(session)
            #expect(shown["consumed"] == 3_000, "\(proxy)")
            #expect(shown["payment_amount"] == 105, "\(proxy)")
        }
        #expect(told["nginx"]?["transaction"] != told["apache"]?["transaction"])
        #expect(try await network.balance() == 10_000 - 2 * 105)
    }
}
