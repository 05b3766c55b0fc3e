import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `The list of sessions` {
    @Test(.house, .fact(64)) func `shows a driver their own, whatever is asked for`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let boss = try await house.person("boss", role: "operator")
            let own = try await house.store(SampleSession(driver: anna))
            let other = try await house.store(SampleSession(point: "CP-2", driver: berta))
            func numbers(_ query: String, as person: Person) async throws -> [Int64?] {
                try await house.call(.get, "/transactions/list\(query)", as: person).items
                    .map { $0["transaction_id"]?.number }
            }

            #expect(try await numbers("?username=berta", as: anna) == [own])
            #expect(try await numbers("?username=berta", as: boss) == [other])
            #expect(try await numbers("?charge_point_id=CP-1", as: boss) == [own])
            #expect(try await numbers("?id_tag=abcd", as: boss) == [other, own])
            #expect(try await numbers("", as: boss) == [])
            let nobody = try await house.call(.get, "/transactions/list?username=nobody", as: boss)
            #expect(nobody.bytes == Array("[]".utf8))
            let unreadable = try await house.call(.get, "/transactions/list?from=yesterday", as: boss)
            #expect(unreadable.status == 400)
            #expect(try await house.call(.get, "/transactions/list/decade", as: anna).status == 400)
        }
    }

    @Test(.house) func `goes by the moment at which they stopped, to the end of the last day`() async throws {
        try await BillingHouse.open { house in
            let boss = try await house.person("boss", role: "operator")
            let anna = try await house.person("anna")
            let hour = 60
            let today = try await house.store(SampleSession(driver: anna))
            let lastNight = try await house.store(SampleSession(driver: anna, endedBefore: 11 * hour))
            let lastWeek = try await house.store(SampleSession(driver: anna, endedBefore: 8 * 24 * hour))
            func numbers(_ path: String, as person: Person) async throws -> [Int64?] {
                try await house.call(.get, "/transactions/list\(path)", as: person).items
                    .map { $0["transaction_id"]?.number }
            }

            #expect(try await numbers("?from=2026-11-19&to=2026-11-19", as: boss) == [lastNight])
            #expect(try await numbers("?from=2026-11-19", as: boss) == [today, lastNight])
            #expect(try await numbers("?to=2026-11-19", as: boss) == [lastNight, lastWeek])
            #expect(try await numbers("?to=2026-11-20T00:00:00", as: boss) == [lastNight, lastWeek])
            #expect(try await numbers("/day", as: anna) == [today, lastNight])
            #expect(try await numbers("/week", as: anna) == [today, lastNight])
            #expect(try await numbers("/month", as: anna) == [today, lastNight, lastWeek])
            let end = Int64(house.clock.now.timeIntervalSince1970 * 1_000)
            #expect(
                try await numbers("/\(end - 12 * 3_600_000)-\(end - 3_600_000)", as: anna) == [lastNight])
            #expect(try await numbers("/year", as: boss) == [])
        }
    }

    @Test(.house) func `is cut at a hundred where no page is asked for`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            for index in 0..<103 {
                _ = try await house.store(SampleSession(driver: anna, endedBefore: index))
            }

            let all = try await house.call(.get, "/transactions/list", as: anna)
            let page = try await house.call(.get, "/transactions/list?page=11&per_page=10", as: anna)

            #expect(all.items.count == 100)
            #expect(all.headers["X-Total-Count"] == nil)
            #expect(page.items.count == 3)
            #expect(page.headers["X-Total-Count"] == "103")
            #expect(page.headers["Link"]?.contains("rel=\"prev\"") == true)
        }
    }

    @Test(.house) func `shows nothing that never began`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, began: false))
            try await house.settled(number)

            #expect(try await house.call(.get, "/transactions/list", as: anna).items.isEmpty)
        }
    }
}

@Suite struct `A session's view` {
    @Test(.house, .fact(63)) func `is for its driver, the host and staff, and holds both vocabularies`()
        async throws
    {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let (host, boss) = (
                try await house.person("host"), try await house.person("boss", role: "operator")
            )
            let number = try await house.store(SampleSession(driver: anna, host: host))
            try await house.settled(number)
            let path = "/transactions/info/\(number)"

            let own = try await house.call(.get, path, as: anna)

            #expect(own.json["time_start"] == own.json["time_started"])
            #expect(own.json["time_start"] == "2026-11-20T09:00:00Z")
            #expect(own.json["payment_amount"] == 585)
            #expect(own.json["payment_billed"] == 585)
            #expect(own.json["price"] == 585)
            #expect(own.json["consumed"] == 15_000)
            #expect(own.json["duration"] == 5_400)
            #expect(own.json["can_stop"] == false)
            #expect(own.json["reservation_id"] == .null)
            #expect(own.json["payment_plan"]?["price_per_kwh"] == 35)
            #expect(try await house.call(.get, path, as: berta).status == 404)
            #expect(try await house.call(.get, path, as: host).status == 200)
            #expect(try await house.call(.get, path, as: boss).status == 200)
            #expect(try await house.call(.get, "/transactions/info/abc", as: anna).status == 400)
            #expect(try await house.call(.get, "/transactions/info/99999", as: anna).status == 404)
        }
    }

    @Test(.house, .fact(62), arguments: [(200, 60), (60, 60), (2, 2)])
    func `brings at most sixty points`(stored: Int, shown: Int) async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, readings: stored))

            let answer = try await house.call(.get, "/transactions/info/\(number)", as: anna)

            let points = answer.json["meter_values"]?.elements ?? []
            #expect(points.count == shown)
            #expect(points.first?["value"] == 1_000)
            #expect(points.last?["value"] == 16_000)
            let values = points.compactMap { $0["value"]?.number }
            #expect(values == values.sorted())
        }
    }

    @Test(.house) func `draws the line between the readings of a long session, and knows all its orders`()
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.store(SampleSession(driver: anna, energy: 25_000, minutes: 90))
            let start = house.clock.now - 5_400
            // One a second, and then none for a while: energy grows as the square of the time.
            try await house.owner.run(
                """
                INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at, register_wh,
                    energy_wh, price, power_w)
                SELECT \(session), 'CP-1', 1, \(start)::timestamptz + second * interval '1 second', \(start),
                    1000 + second * second / 1000, second * second / 1000, 0, 7000
                FROM generate_series(0, 4999) AS second
                WHERE second NOT BETWEEN 2000 AND 3000
                """ as Query<Void>)
            try await house.owner.run(
                """
                INSERT INTO billing.payment_order (id, kind, user_id, session_id, amount, currency, opened_at, is_completed, result,
                    closed_at)
                SELECT 1200 + number, 'charging', \(anna.id), \(session), 1, 'EUR', \(start), true, '0190', \(start)
                FROM generate_series(0, 2099) AS number
                """ as Query<Void>)

            let view = try await house.view(session, as: anna)

            let shown = (view["meter_values"]?.elements ?? []).compactMap { $0["consumed_energy"]?.number }
            let expected = (0..<60).map { place -> Double in
                let time = Double(place) * 4_999 / 59
                let known = (0..<5_000).filter { !(2_000...3_000).contains($0) }
                guard let right = known.first(where: { Double($0) >= time }),
                    let left = known.last(where: { Double($0) <= time })
                else { return -1 }
                let (low, high) = (left * left / 1_000, right * right / 1_000)
                return left == right
                    ? Double(low)
                    : Double(low) + Double(high - low) * (time - Double(left)) / Double(right - left)
            }
            #expect(shown.count == 60)
            for (one, other) in zip(shown, expected) { #expect(abs(Double(one) - other) <= 1) }
            #expect(view["payment_orders"]?.elements.count == 2_100)
        }
    }

    @Test(.house) func `can be stopped by its driver, the host and staff while it runs`() async throws {
        try await BillingHouse.open { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            let boss = try await house.person("boss", role: "operator")
            let number = try await house.store(
                SampleSession(driver: anna, host: host, isFinished: false, readings: 3))

            for person in [anna, host, boss] {
                let view = try await house.call(.get, "/transactions/info/\(number)", as: person)
                #expect(view.json["can_stop"] == true)
                #expect(view.json["is_finished"] == false)
            }
            let active = try await house.call(.get, "/transactions/active", as: anna).items
            #expect(active.map { $0["consumed"] } == [15_000])
            #expect(active.map { $0["meter_values"]?.elements.count } == [3])
            #expect(try await house.call(.get, "/transactions/active", as: host).items.isEmpty)
        }
    }
}
