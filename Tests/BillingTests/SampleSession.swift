import Bus
import Contracts
import Core
import Foundation
import Hosting
import Postgres
import Tariff
import TestSupport
import Testing

/// A session as a gateway would have stored it.
struct SampleSession: Sendable {
    var point = "CP-1"
    var driver: Person?
    var host: Person?
    var funding = "balance"
    var energy: Int64 = 15_000
    var minutes = 90
    /// Beside the minutes.
    var seconds = 0
    var price = FrozenPrice(
        rule: .plan("standard"), energyPrice: EnergyPrice(perKilowattHour: 35),
        timePrice: TimePrice(perHour: 120), freeMinutes: 60, currency: .eur)
    /// False for one that its station never began.
    var began = true
    /// Minutes ago.
    var endedBefore = 0
    var isFinished = true
    var readings = 0

    static let euro = Currency.eur
}

extension BillingHouse {
    /// Stores it and, where it is finished, its end in the gateway's log.
    func store(_ sample: SampleSession) async throws -> Int64 {
        let end = clock.now - Double(sample.endedBefore * 60)
        let start = end - Double(sample.minutes * 60 + sample.seconds)
        let (began, ended) = (sample.began ? start : nil, sample.isFinished ? end : nil)
        let energy = sample.isFinished && !sample.began ? 0 : sample.energy
        let status = sample.isFinished ? (sample.began ? "done" : "interrupted") : "active"
        let hundredths = sample.price.discount.map { Int32($0.value.hundredths) }
        let number: Int64 = try await owner.run(
            """
            INSERT INTO gateway.session (charge_point_id, connector_id, owner_id, user_id, tag, status, requested_at,
                started_at, ended_at, meter_start, meter_stop, energy_wh, funding, discount_code, discount_hundredths,
                price_rule, plan_id, price_per_kwh, price_per_hour, free_minutes, frozen_price, reason, power_w)
            VALUES (\(sample.point), 1, \(sample.host?.id as Int64?), \(sample.driver?.id as Int64?), 'ABCD', \(status),
                \(start), \(began as Date?), \(ended as Date?), 1000,
                \(1000 + energy), \(energy), \(sample.funding), \(sample.price.discount?.code as String?),
                \(hundredths as Int32?), \(sample.price.rule.word), 'standard', \(sample.price.energyPrice.perKilowattHour),
                \(sample.price.timePrice.perHour), \(Int32(sample.price.freeMinutes)), \(json: sample.price), 'Local', 7000)
            RETURNING session_id
            """)
        for reading in 0..<sample.readings {
            let share = Double(reading) / Double(max(1, sample.readings - 1))
            let taken = start + share * Double(sample.minutes * 60)
            try await owner.run(
                """
                INSERT INTO gateway.meter_reading (session_id, charge_point_id, connector_id, taken_at, received_at,
                    register_wh, energy_wh, price, power_w)
                VALUES (\(number), \(sample.point), 1, \(taken), \(taken), \(1000 + Int64(share * Double(energy))),
                    \(Int64(share * Double(energy))), 0, 7000)
                """ as Query<Void>)
        }
        if sample.isFinished { try await announceEnd(of: number, sample) }
        return number
    }

    /// The station stops one that was running.
    func finish(_ number: Int64, _ sample: SampleSession) async throws {
        try await owner.run(
            """
            UPDATE gateway.session
            SET status = 'done', ended_at = \(clock.now - Double(sample.endedBefore * 60)),
                meter_stop = meter_start + \(sample.energy), energy_wh = \(sample.energy)
            WHERE session_id = \(number)
            """ as Query<Void>)
        try await announceEnd(of: number, sample)
    }

    func reference(_ number: Int64, _ sample: SampleSession) throws -> SessionReference {
        let point = try #require(ChargePointID(sample.point))
        return SessionReference(
            ID(number), at: ConnectorPlace(point, 1), of: sample.driver.map { ID($0.id) }, tag: "ABCD")
    }

    /// As often as it is told, it means the same.
    func announceEnd(of number: Int64, _ sample: SampleSession) async throws {
        let event = SessionEnded(
            try reference(number, sample), end: .known(.userStopped), reason: "Local",
            startedAt: sample.began ? clock.now : nil, endedAt: clock.now,
            energy: Energy(wattHours: sample.energy))
        try await owner.run(.announce(event))
        host.bus.publish(event)
    }

    /// A late word of the station: the session's row changes, and it is told.
    func amend(_ number: Int64, _ sample: SampleSession, energy: Int64, amendment: Int32) async throws {
        try await owner.run(
            """
            UPDATE gateway.session
            SET energy_wh = \(energy), meter_stop = meter_start + \(energy), amendment = \(amendment)
            WHERE session_id = \(number) AND amendment < \(amendment)
            """ as Query<Void>)
        let event = SessionAmended(
            try reference(number, sample), amendment: Int(amendment), energy: Energy(wattHours: energy),
            endedAt: clock.now, cause: .known(.lateStop))
        try await owner.run(.announce(event))
        host.bus.publish(event)
    }

    /// Waits for the bill.
    func settled(_ number: Int64, amendment: Int32 = 0) async throws {
        let owner = owner
        try await Self.eventually("session \(number) is settled") {
            try await owner.run(
                """
                SELECT count(*) FROM billing.settled_session WHERE session_id = \(number) AND amendment = \(amendment)
                """ as Query<Int64>) == 1
        }
    }

    /// Waits until everything that was told so far has been read.
    func caughtUp() async throws {
        let owner = owner
        try await Self.eventually("the log is read") {
            try await owner.run(
                """
                SELECT count(*) FROM gateway.event_log AS event
                JOIN billing.event_cursor AS cursor ON cursor.source = 'gateway' AND cursor.consumer = 'intake'
                WHERE (event.transaction_id, event.sequence) > (cursor.transaction_id, cursor.sequence)
                """ as Query<Int64>) == 0
        }
    }

    /// What must hold at every moment: each account's postings are what its people see, and all of them are nothing.
    func booksAgree() async throws -> Bool {
        try await owner.run(
            """
            SELECT (SELECT coalesce(sum(amount), 0) FROM billing.posting) = 0
                AND NOT EXISTS (
                    SELECT FROM billing.balance AS purse
                    WHERE purse.amount <> (
                        SELECT coalesce(sum(entry.amount), 0) FROM billing.ledger_entry AS entry
                        WHERE entry.user_id = purse.user_id AND entry.funding = 'balance'))
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT entry.balance_after, sum(CASE WHEN entry.funding = 'balance' THEN entry.amount ELSE 0 END)
                            OVER (PARTITION BY entry.user_id ORDER BY entry.id) AS reckoned
                        FROM billing.ledger_entry AS entry
                    ) AS line
                    WHERE line.balance_after <> line.reckoned)
            """)
    }

    func entries(of person: Person, type: String? = nil) async throws -> [Int64] {
        try await owner.run(
            """
            SELECT amount FROM billing.ledger_entry
            WHERE user_id = \(person.id) AND (\(type as String?)::text IS NULL OR type = \(type as String?))
            ORDER BY id
            LIMIT 1000
            """)
    }
}
