import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `Where somebody charged last` {
    private static func names(_ answer: Answer) -> [String?] {
        answer.items.map { $0["charge_point_id"]?.text }
    }

    @Test(.house) func `is the points of the last three finished sessions, each once, the newest first`()
        async throws
    {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            for point in ["CP-1", "CP-2", "CP-3"] { try await house.point(point) }
            for (point, ago) in [("CP-1", 4_000), ("CP-3", 3_000), ("CP-2", 2_000), ("CP-3", 1_000)] {
                _ = try await house.store(SampleSession(point: point, driver: anna, endedBefore: ago))
            }
            _ = try await house.store(SampleSession(point: "CP-1", driver: anna, isFinished: false))
            _ = try await house.store(SampleSession(point: "CP-1", driver: berta))

            let recent = try await house.call(.get, "/transactions/recent", as: anna)

            #expect(recent.status == 200)
            #expect(Self.names(recent) == ["CP-3", "CP-2"])
            let nobody = try await house.person("carla")
            #expect(try await house.call(.get, "/transactions/recent", as: nobody).bytes == Array("[]".utf8))
        }
    }

    @Test(.house) func `leaves out what may not be known any more, and hides the hardware of others`()
        async throws
    {
        try await BillingHouse.open { house in
            let (anna, hugo) = (try await house.person("anna"), try await house.person("hugo"))
            for point in ["OPEN", "SHUT", "GONE"] {
                try await house.point(point, owner: hugo, price: 50)
                _ = try await house.store(SampleSession(point: point, driver: anna))
                _ = try await house.store(SampleSession(point: point, driver: hugo))
            }
            try await house.owner.run(
                """
                UPDATE accounts.charge_point
                SET access_level = CASE charge_point_id WHEN 'SHUT' THEN 9 ELSE 0 END,
                    deleted_at = CASE charge_point_id WHEN 'GONE' THEN now() END
                """ as Query<Void>)
            try await house.owner.run(
                """
                INSERT INTO gateway.station (charge_point_id, vendor, model, serial_number)
                VALUES ('OPEN', 'Maker', 'Box', 'S-1'), ('SHUT', 'Maker', 'Box', 'S-2')
                """ as Query<Void>)

            let annas = try await house.call(.get, "/transactions/recent", as: anna)
            let hugos = try await house.call(.get, "/transactions/recent", as: hugo)

            #expect(Self.names(annas) == ["OPEN"])
            #expect(annas.items.first?["serial_number"] == "")
            #expect(annas.items.first?["model"] == "Box")
            #expect(Self.names(hugos).compactMap(\.self).sorted() == ["OPEN", "SHUT"])
            #expect(hugos.items.first?["vendor"] == "Maker")
        }
    }

    @Test(.house, .fact(44)) func `shows a point that is away as unavailable, whatever it said before`()
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.point("CP-1", price: 50)
            _ = try await house.store(SampleSession(driver: anna))
            let owner = house.owner
            try await owner.run(
                """
                INSERT INTO gateway.station (charge_point_id, connected_at, offline_after)
                VALUES ('CP-1', now(), now() + interval '1 hour')
                """ as Query<Void>)
            try await owner.run(
                """
                INSERT INTO gateway.connector_status (charge_point_id, connector_id, status, since, received_at)
                VALUES ('CP-1', 1, 'Available', now(), now())
                """ as Query<Void>)

            let there = try await house.call(.get, "/transactions/recent", as: anna).items.first
            try await owner.run("UPDATE gateway.station SET disconnected_at = now()" as Query<Void>)
            let away = try await house.call(.get, "/transactions/recent", as: anna).items.first

            let (before, after) = (there?["connectors"]?.elements.first, away?["connectors"]?.elements.first)
            #expect(before?["status"] == "Available" && before?["state"] == "available")
            #expect(before?["price_per_kwh"] == 50 && before?["current_transaction_id"] == 0)
            #expect(after?["status"] == "Unavailable" && after?["state"] == "unavailable")
            #expect(away?["is_online"] == false && away?["status"] == "Unavailable")
        }
    }
}
