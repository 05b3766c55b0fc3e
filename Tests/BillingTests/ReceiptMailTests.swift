import Core
import Foundation
import HTTP
import TestSupport
import Testing

@Suite struct `A mailed receipt` {
    /// The mails in the outbox as they were written.
    private static func mails(_ house: BillingHouse) throws -> [String] {
        guard FileManager.default.fileExists(atPath: house.outbox.path()) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: house.outbox.path())
            .filter { $0.hasSuffix(".eml") }
            .map { try String(contentsOf: house.outbox.appending(path: $0), encoding: .utf8) }
    }

    @Test(.house) func `goes to the driver's own address, or to another that is named`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.store(SampleSession(driver: anna))
            try await house.settled(session)

            let own = try await house.call(.post, "/transactions/info/\(session)/email", as: anna, [:])
            let other = try await house.call(
                .post, "/transactions/info/\(session)/email", as: anna, ["email": "desk@example.org"])

            #expect(own.status == 202)
            #expect(own.json["success"] == true)
            #expect(other.status == 202)
            try await BillingHouse.eventually("both are sent") { try Self.mails(house).count == 2 }
            let mails = try Self.mails(house)
            #expect(mails.contains { $0.contains("anna@example.org") })
            #expect(mails.contains { $0.contains("desk@example.org") })
            #expect(mails.allSatisfy { $0.contains("5.85 EUR") && $0.contains("15.000 kWh") })
        }
    }

    @Test(.house) func `is refused for an unfinished session, somebody else's and what is no address`()
        async throws
    {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let running = try await house.store(SampleSession(driver: anna, isFinished: false))
            let done = try await house.store(SampleSession(point: "CP-2", driver: anna))
            try await house.settled(done)

            let answers = try await [
                house.call(.post, "/transactions/info/\(running)/email", as: anna, [:]),
                house.call(.post, "/transactions/info/\(done)/email", as: berta, [:]),
                house.call(.post, "/transactions/info/\(done)/email", as: anna, ["email": "no address"]),
                house.call(.post, "/transactions/info/abc/email", as: anna, [:]),
            ]

            #expect(answers.map(\.status) == [409, 404, 400, 400])
            #expect(answers.first?.code == 2024)
            #expect(try Self.mails(house).isEmpty)
        }
    }
}
