import Core
import Postgres
import Tariff
import TestSupport
import Testing

@Suite struct `A bill` {
    /// The formula of the contract, written down a second time and without the types of the first.
    private static func reckon(_ sample: SampleSession, seconds: Int64) -> (Int64, Int64) {
        let energy = sample.energy * sample.price.energyPrice.perKilowattHour / 1_000
        let minutes = seconds / 60 - Int64(sample.price.freeMinutes)
        let time = minutes > 0 ? minutes * sample.price.timePrice.perHour / 60 : 0
        let hundredths = sample.price.discount.map { Int64($0.value.hundredths) } ?? 0
        let discount = ((energy + time) * hundredths * 2 + 10_000) / 20_000
        return (energy + time, energy + time - discount)
    }

    @Test(.house, .fact(52), arguments: [7, 8] as [UInt64])
    func `is what a pencil makes of the same numbers`(seed: UInt64) async throws {
        try await BillingHouse.open { house in
            var chance = SeededChance(seed)
            func upTo(_ most: UInt64) -> Int64 { Int64(chance.next() % (most + 1)) }
            let anna = try await house.person("anna")
            var expected: [Int64: (Int64, Int64)] = [:]
            for _ in 0..<40 {
                var sample = SampleSession(driver: anna, energy: upTo(80_000), minutes: Int(upTo(600)))
                sample.seconds = Int(upTo(59))
                sample.price = FrozenPrice(
                    rule: .plan("standard"), energyPrice: EnergyPrice(perKilowattHour: upTo(120)),
                    timePrice: TimePrice(perHour: upTo(600)), freeMinutes: upTo(90), currency: .eur)
                if upTo(1) == 1 {
                    sample.price.discount = FrozenDiscount(
                        code: "SOME", value: Percent(hundredths: 1 + upTo(9_999)))
                }
                let number = try await house.store(sample)
                expected[number] = Self.reckon(sample, seconds: Int64(sample.minutes * 60 + sample.seconds))
            }
            try await house.caughtUp()

            let bills = try await house.owner.run(.bills)
            #expect(bills.count == 40)
            for bill in bills {
                #expect(bill.price == expected[bill.session]?.0)
                #expect(bill.cost == expected[bill.session]?.1)
            }
            #expect(
                try await house.balance(of: anna) == -expected.values.reduce(0) { $0 + $1.1 })
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is nothing for a start that was refused, though its station counted`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let sample = SampleSession(driver: anna, isFinished: false)
            let number = try await house.store(sample)
            try await house.owner.run(
                """
                UPDATE gateway.session SET is_refused = true, user_id = NULL
                WHERE session_id = \(number)
                """ as Query<Void>)

            try await house.finish(number, sample)
            try await house.settled(number)

            #expect(try await house.entries(of: anna) == [])
            let cost: Int64 = try await house.owner.run(
                "SELECT cost FROM billing.settled_session WHERE session_id = \(number)")
            #expect(cost == 0)
        }
    }
}

private struct Bill: Row, Sendable {
    var session: Int64
    var price: Int64
    var cost: Int64

    static let columns = "session_id, price, cost"

    init(_ cells: inout Cells) throws {
        session = try cells.next()
        price = try cells.next()
        cost = try cells.next()
    }
}

extension Query where Result == [Bill] {
    fileprivate static var bills: Self {
        "SELECT \(columns: Bill.self) FROM billing.settled_session ORDER BY session_id LIMIT 1000"
    }
}
