import Contracts
import Core
import FoundationEssentials
import Postgres
import TestSupport
import Testing

private let october = "/api/v1/report/charger?from=2026-10-01&to=2026-10-31"

@Suite(.reportingUp) struct `The sums of sessions` {
    /// Of the hours, which a wrong step would leave beside the truth for ever.
    private func hours() async throws -> [String] {
        try await FreshDatabase.current.database(as: .owner).run(
            """
            SELECT concat_ws(' ', to_char(hour AT TIME ZONE 'UTC', 'MM-DD HH24'), charge_point_id, user_id, sessions,
                energy_wh, amount)
            FROM reporting.rollup_hour
            WHERE sessions <> 0 OR energy_wh <> 0 OR amount <> 0
            ORDER BY 1
            """)
    }

    @Test func `count a session once, though its end is told again and again`() async throws {
        let up = ReportingUp.current
        let charge = try Charge(1, energy: 12_000, cost: 480)

        try await up.facts.end(charge)
        for _ in 0..<3 {
            try await up.facts.tellEnded(charge)
            try await up.facts.tellSettled(charge)
        }
        try await up.caughtUp()

        #expect(try await hours() == ["10-15 12 CP1 0 1 12000 480"])
    }

    @Test func `have a session before it is settled, and its cost from then on`() async throws {
        let up = ReportingUp.current
        var charge = try Charge(1, energy: 12_000)
        try await up.facts.end(charge)
        try await up.caughtUp()
        #expect(try await hours() == ["10-15 12 CP1 0 1 12000 0"])

        charge.cost = 480
        try await up.facts.write(charge)
        try await up.facts.tellSettled(charge)
        try await up.caughtUp()

        #expect(try await hours() == ["10-15 12 CP1 0 1 12000 480"])
    }

    @Test func `follow an amendment into another hour, to another point and to another driver`() async throws
    {
        let up = ReportingUp.current
        let anna = try await up.rows.person("anna")
        var charge = try Charge(1, energy: 12_000, cost: 480)
        try await up.facts.end(charge)
        try await up.facts.end(try Charge(2, energy: 3_000, cost: 120))
        try await up.caughtUp()

        charge.endedAt += 2 * 3_600
        charge.energy = 15_000
        charge.cost = 600
        charge.user = anna.id
        charge.point = "CP2"
        charge.amendment = 1
        try await up.facts.write(charge)
        try await up.facts.tellAmended(charge)
        try await up.facts.tellBillAmended(charge)
        try await up.caughtUp()

        #expect(
            try await hours() == ["10-15 12 CP1 0 1 3000 120", "10-15 14 CP2 \(anna.id) 1 15000 600"])
    }

    @Test func `leave out what goes on, what delivered nothing, and what an amendment brought to nothing`()
        async throws
    {
        let up = ReportingUp.current
        var amended = try Charge(1, energy: 12_000)
        try await up.facts.end(amended)
        try await up.facts.end(try Charge(2, energy: 0))
        var running = try Charge(3)
        running.status = "active"
        try await up.facts.end(running)
        try await up.caughtUp()
        #expect(try await hours() == ["10-15 12 CP1 0 1 12000 0"])

        amended.energy = 0
        try await up.facts.write(amended)
        try await up.facts.tellAmended(amended)
        try await up.caughtUp()

        #expect(try await hours() == [])
        #expect(try await up.report(october, of: ChargerLine.self) == [])
    }

    @Test func `pass over a session that nobody has any more`() async throws {
        let up = ReportingUp.current
        try await up.facts.tellEnded(try Charge(404))
        try await up.facts.end(try Charge(1, energy: 5_000))

        try await up.caughtUp()

        #expect(try await hours() == ["10-15 12 CP1 0 1 5000 0"])
    }
}

@Suite struct `Shuffled and doubled events` {
    /// A step in the life of a session: what becomes of the rows, or what is told.
    private enum Step: CaseIterable {
        case ended, endedAgain, settled, settledAgain, amended, billAmended
    }

    @Test(.reportingUp(instances: 2), arguments: [1, 2, 3] as [UInt64])
    func `come to the same sums, in whatever order two instances hear them`(seed: UInt64) async throws {
        let up = ReportingUp.current
        var order = Shuffle(seed: seed)
        var charges: [Charge] = []
        for number in 1...25 as ClosedRange<Int64> {
            var charge = try Charge(
                number, point: "CP\(number % 3)", energy: 1_000 * number, cost: 40 * number)
            charge.endedAt += Double(order.next() % 6) * 3_600
            charges.append(charge)
        }
        var steps = charges.flatMap { charge in Step.allCases.map { (charge, $0) } }
        steps.shuffle(using: &order)

        for charge in charges { try await up.facts.write(charge) }
        try await withThrowingTaskGroup { group in
            // Both logs grow at once, so that both consumers meet in the same rows.
            for half in 0..<2 {
                let half = steps.filter { [.ended, .endedAgain, .amended].contains($0.1) == (half == 0) }
                group.addTask {
                    for (charge, step) in half {
                        switch step {
                        case .ended, .endedAgain: try await up.facts.tellEnded(charge)
                        case .settled, .settledAgain: try await up.facts.tellSettled(charge)
                        case .amended: try await up.facts.tellAmended(charge)
                        case .billAmended: try await up.facts.tellBillAmended(charge)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await up.caughtUp()

        let expected = (0..<3).map { rest in
            let own = charges.filter { $0.point == "CP\(rest)" }
            let total = own.reduce(0) { $0 + $1.energy }
            return ChargerLine(
                user: "CP\(rest)", charge_point_id: "CP\(rest)", total: total, count: Int64(own.count),
                average: (Double(total) / Double(own.count) * 100).rounded() / 100,
                amount: own.reduce(0) { $0 + ($1.cost ?? 0) })
        }
        #expect(try await up.report(october) == expected)
    }

    @Test(.reportingUp, arguments: [4, 5] as [UInt64])
    func `come to what is true in the end, though the facts changed between them`(seed: UInt64) async throws {
        let up = ReportingUp.current
        var order = Shuffle(seed: seed)
        var charges = try (1...10 as ClosedRange<Int64>).map { try Charge($0, energy: 1_000 * $0) }
        for charge in charges { try await up.facts.end(charge) }

        for amendment in 1...3 {
            for place in charges.indices.shuffled(using: &order) {
                charges[place].amendment = amendment
                charges[place].energy += 100
                charges[place].cost = Int64(amendment) * 10
                charges[place].endedAt += Double(order.next() % 3) * 3_600
                try await up.facts.write(charges[place])
                try await up.facts.tellAmended(charges[place])
                try await up.facts.tellBillAmended(charges[place])
            }
        }
        try await up.caughtUp()

        let total = charges.reduce(0) { $0 + $1.energy }
        #expect(
            try await up.report(october) == [
                ChargerLine(
                    user: "CP1", charge_point_id: "CP1", total: total, count: 10,
                    average: Double(total) / 10, amount: 300)
            ])
    }
}

/// The same sequence for the same seed (SplitMix64).
struct Shuffle: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
