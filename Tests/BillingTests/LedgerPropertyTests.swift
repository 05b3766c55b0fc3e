import Core
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `The ledger, whatever happens in which order,` {
    /// Repeatable: the number that a failing run prints makes the same run again.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private struct Charge: Sendable {
        var number: Int64
        var sample: SampleSession
        var amendment: Int32 = 0
    }

    private struct Crowd: Sendable {
        var admin: Person
        var host: Person
        var drivers: [Person]
    }

    /// The rule's text once more: energy at 35 a kWh, time beyond an hour at 120, each part cut off.
    private static func cost(energy: Int64, minutes: Int) -> Int64 {
        energy * 35 / 1_000 + Int64(max(0, minutes - 60)) * 120 / 60
    }

    private static func act(
        _ house: BillingHouse, _ crowd: Crowd, _ charges: inout [Charge], _ dice: inout Dice
    )
        async throws
    {
        let driver = crowd.drivers[Int.random(in: 0..<crowd.drivers.count, using: &dice)]
        switch Int.random(in: 0..<10, using: &dice) {
        case 0...3:
            let sample = SampleSession(
                point: "CP-\(charges.count)", driver: driver,
                host: Bool.random(using: &dice) ? crowd.host : nil,
                energy: .random(in: 0...40_000, using: &dice), minutes: .random(in: 0...180, using: &dice))
            charges.append(Charge(number: try await house.store(sample), sample: sample))
        case 4...5:
            guard let index = charges.indices.randomElement(using: &dice) else { return }
            charges[index].amendment += 1
            charges[index].sample.energy = .random(in: 0...40_000, using: &dice)
            let charge = charges[index]
            try await house.amend(
                charge.number, charge.sample, energy: charge.sample.energy, amendment: charge.amendment)
        case 6:
            // Told again, late and out of order.
            for charge in charges.shuffled(using: &dice).prefix(3) {
                try await house.announceEnd(of: charge.number, charge.sample)
            }
        case 7:
            try await house.topUp(driver, .random(in: 1...2_000, using: &dice), by: crowd.admin)
        default:
            guard let charge = charges.randomElement(using: &dice) else { return }
            let answer = try await house.call(
                .post, "/payment/refund/\(charge.number)", as: crowd.admin,
                ["amount": .integer(.random(in: 1...900, using: &dice))])
            // More than was paid, or not settled yet.
            #expect([200, 404, 409].contains(answer.status))
        }
    }

    @Test(.house, .fact(72), arguments: [UInt64(1), 2, 3])
    func `sums to nothing, and each session costs its driver its price and no more`(seed: UInt64) async throws
    {
        var dice = Dice(state: seed)
        var charges: [Charge] = []
        var crowd: Crowd?
        // Each round is a life of the service; what happened meanwhile it finds in the log.
        for _ in 0..<3 {
            let (before, known, state) = (charges, crowd, dice)
            let after = Outcome()
            try await BillingHouse.open(["HOST_COMMISSION_PERCENT": "10"]) { house in
                var (charges, dice) = (before, state)
                let people: Crowd
                if let known {
                    people = known
                } else {
                    people = Crowd(
                        admin: try await house.person("admin", role: "admin"),
                        host: try await house.person("hugo"),
                        drivers: [
                            try await house.person("anna"), try await house.person("berta"),
                            try await house.person("cyril"),
                        ])
                }
                for _ in 0..<25 { try await Self.act(house, people, &charges, &dice) }
                try await house.caughtUp()
                #expect(try await house.booksAgree(), "seed \(seed)")
                try await Self.check(house, people, charges, seed)
                await after.set(charges, people, dice)
            }
            (charges, crowd, dice) = await (after.charges, after.crowd, after.dice)
        }
        #expect(charges.count > 5)
    }

    private actor Outcome {
        var charges: [Charge] = []
        var crowd: Crowd?
        var dice = Dice(state: 0)

        func set(_ charges: [Charge], _ crowd: Crowd, _ dice: Dice) {
            (self.charges, self.crowd, self.dice) = (charges, crowd, dice)
        }
    }

    private static func check(_ house: BillingHouse, _ crowd: Crowd, _ charges: [Charge], _ seed: UInt64)
        async throws
    {
        for charge in charges {
            let price = cost(energy: charge.sample.energy, minutes: charge.sample.minutes)
            let refunded: Int64 = try await house.owner.run(
                "SELECT refunded FROM billing.settled_session WHERE session_id = \(charge.number)")
            let kept = max(0, price - refunded)
            let paid: Int64 = try await sum(house, charge, of: charge.sample.driver)
            #expect(paid == -kept, "seed \(seed), session \(charge.number)")
            let credited = try await sum(house, charge, of: charge.sample.host)
            // A tenth is kept, a half of a unit rounded up.
            let share = charge.sample.host == nil ? 0 : kept - (kept * 10 + 50) / 100
            #expect(credited == share, "seed \(seed), session \(charge.number)")
        }
    }

    private static func sum(_ house: BillingHouse, _ charge: Charge, of person: Person?) async throws -> Int64
    {
        guard let person else { return 0 }
        return try await house.owner.run(
            """
            SELECT coalesce(sum(amount), 0)::bigint FROM billing.ledger_entry
            WHERE charging_id = \(charge.number) AND user_id = \(person.id)
            """)
    }
}
