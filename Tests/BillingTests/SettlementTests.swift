import Contracts
import Core
import Foundation
import HTTP
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `Settling a session` {
    @Test(.house, .fact(41, 52))
    func `books its cost once, though its end is told three times`()
        async throws
    {
        try await BillingHouse.open { house in
            let admin = try await house.person("admin", role: "admin")
            let anna = try await house.person("anna")
            try await house.topUp(anna, 5_000, by: admin)
            let sample = SampleSession(driver: anna)

            let number = try await house.store(sample)
            try await house.announceEnd(of: number, sample)
            try await house.announceEnd(of: number, sample)
            try await house.caughtUp()

            #expect(try await house.balance(of: anna) == 5_000 - 585)
            #expect(try await house.entries(of: anna, type: "Payment") == [-585])
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house, .fact(52)) func `charges no time within the free minutes`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, minutes: 59))
            try await house.settled(number)

            // The balance may end below nothing by what has flowed.
            #expect(try await house.balance(of: anna) == -525)
        }
    }

    @Test(.house) func `costs nothing when the session never began`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, began: false))
            try await house.settled(number)

            #expect(try await house.entries(of: anna) == [])
            #expect(try await house.balance(of: anna) == 0)
        }
    }

    @Test(.house, .fact(55)) func `goes by the price of the start, whatever the plan says now`()
        async throws
    {
        try await BillingHouse.open(["DEFAULT_PRICE_PER_KWH": "99"]) { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, minutes: 59))
            try await house.settled(number)

            #expect(try await house.entries(of: anna) == [-525])
        }
    }

    @Test(.house, .fact(56))
    func `charges a host nothing on an own point, and gives no points`()
        async throws
    {
        try await BillingHouse.open { house in
            let host = try await house.person("host")
            let number = try await house.store(
                SampleSession(
                    driver: host, host: host, funding: "free",
                    price: FrozenPrice(rule: .own, energyPrice: .nothing, currency: .eur)))
            try await house.settled(number)

            #expect(try await house.entries(of: host) == [])
            let points: Int64 = try await house.owner.run("SELECT count(*) FROM billing.points_entry")
            #expect(points == 0)
        }
    }

    @Test(.house, .fact(57)) func `gives the host the cost less the commission, once`()
        async throws
    {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "10"]) { house in
            let (anna, host) = (try await house.person("anna"), try await house.person("host"))
            let sample = SampleSession(
                driver: anna, host: host, energy: 20_000,
                price: FrozenPrice(
                    rule: .connector(1), energyPrice: EnergyPrice(perKilowattHour: 50), currency: .eur))

            let number = try await house.store(sample)
            try await house.announceEnd(of: number, sample)
            try await house.caughtUp()

            #expect(try await house.entries(of: anna) == [-1_000])
            #expect(try await house.entries(of: host) == [900])
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `leaves a session by card unpaid`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let number = try await house.store(SampleSession(driver: anna, funding: "card"))
            try await house.settled(number)

            let answer = try await house.call(.get, "/payment/balance", as: anna)
            #expect(answer.json["balance"] == 0)
            #expect(answer.json["unpaid"] == 585)
        }
    }

    @Test(.house) func `books only the difference of an amendment`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let sample = SampleSession(driver: anna, minutes: 30)
            let number = try await house.store(sample)
            try await house.settled(number)

            try await house.amend(number, sample, energy: 20_000, amendment: 1)
            try await house.settled(number, amendment: 1)
            try await house.amend(number, sample, energy: 10_000, amendment: 2)
            try await house.amend(number, sample, energy: 10_000, amendment: 2)
            try await house.settled(number, amendment: 2)
            try await house.caughtUp()

            #expect(try await house.entries(of: anna) == [-525, -175, 350])
            #expect(try await house.balance(of: anna) == -350)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house, .fact(74)) func `takes the discount off, and uses the code up once`()
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            try await house.owner.run(
                """
                INSERT INTO billing.discount (code, percent_hundredths, max_uses, created_at)
                VALUES ('SUN10', 1000, 1, \(house.clock.now))
                """ as Query<Void>)
            var sample = SampleSession(driver: anna, minutes: 59)
            sample.price.discount = FrozenDiscount(code: "SUN10", value: .whole(10))
            let failed = SampleSession(driver: anna, price: sample.price, began: false)

            try await house.settled(try await house.store(failed))
            try await house.settled(try await house.store(sample))

            #expect(try await house.entries(of: anna) == [-472])
            let used: Int32 = try await house.owner.run("SELECT usage_count FROM billing.discount")
            #expect(used == 1)
        }
    }
}

@Suite struct `The books` {
    /// Doubled, late and in any order: what is told often means the same once.
    @Test(.house, .fact(72), arguments: [1, 2, 3] as [UInt64])
    func `are the same however the events come`(seed: UInt64) async throws {
        try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "12.5"]) { house in
            var chance = SeededChance(seed)
            let people = try await Self.people(house)
            var samples: [(Int64, SampleSession)] = []
            for _ in 0..<12 {
                let sample = SampleSession(
                    driver: people[Int(chance.next() % 3)], host: chance.next() % 2 == 0 ? people[3] : nil,
                    energy: Int64(chance.next() % 40_000), minutes: Int(chance.next() % 200),
                    began: chance.next() % 5 != 0)
                samples.append((try await house.store(sample), sample))
            }

            var told: [@Sendable () async throws -> Void] = []
            for (number, sample) in samples {
                told.append { try await house.announceEnd(of: number, sample) }
                guard sample.began else { continue }
                let energy = Int64(chance.next() % 40_000)
                told.append { try await house.amend(number, sample, energy: energy, amendment: 1) }
                told.append { try await house.amend(number, sample, energy: energy, amendment: 1) }
            }
            for tell in told.shuffled(using: &chance) { try await tell() }
            try await house.caughtUp()

            #expect(try await house.booksAgree())
            var expected: Int64 = 0
            for (number, sample) in samples where sample.began {
                let energy: Int64 = try await house.owner.run(
                    "SELECT energy_wh FROM gateway.session WHERE session_id = \(number)")
                expected +=
                    sample.price.cost(
                        of: Energy(wattHours: energy), lasting: .seconds(sample.minutes * 60)
                    ).total.minorUnits
            }
            var paid: Int64 = 0
            for person in people[0..<3] { paid -= try await house.balance(of: person) ?? 0 }
            #expect(paid == expected)
        }
    }

    private static func people(_ house: BillingHouse) async throws -> [Person] {
        var people: [Person] = []
        for name in ["anna", "berta", "carl", "host"] { people.append(try await house.person(name)) }
        return people
    }
}

/// The same chance for the same seed (SplitMix64).
struct SeededChance: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
