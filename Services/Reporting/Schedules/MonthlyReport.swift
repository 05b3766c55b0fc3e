import Core
package import FoundationEssentials
import Hosting
import Mail
import Postgres

/// What one person did in a month, as the monthly report tells it.
struct MonthOfDriver: LetterReader {
    let user: Int64
    let email: String
    let name: String
    let language: MailLanguage
    let sessions: Int64
    let energyWh: Int64
    let charged: Int64
    let bookings: Int64
    let parked: Int64
    /// Empty without a booking.
    let favouriteLot: String

    init(_ cells: inout Cells) throws {
        user = try cells.next()
        email = try cells.next()
        name = try cells.next()
        language = MailLanguage(rawValue: try cells.next()) ?? .en
        sessions = try cells.next()
        energyWh = try cells.next()
        charged = try cells.next()
        bookings = try cells.next()
        parked = try cells.next()
        favouriteLot = try cells.next()
    }

    /// - Parameter month: such as `2026-10`.
    func letter(for month: String, in currency: Currency) -> Letter {
        func money(_ amount: Int64) -> String { "\(Money(amount, currency).decimal) \(currency.code)" }
        let kWh = "\(energyWh / 1_000).\(energyWh % 1_000 / 100) kWh"
        var facts = [
            Letter.Fact(
                language.choose(en: "Charging sessions", pl: "Sesje ładowania", cs: "Nabíjení"), "\(sessions)"
            ),
            Letter.Fact(language.choose(en: "Energy", pl: "Energia", cs: "Energie"), kWh),
            Letter.Fact(
                language.choose(en: "Cost of charging", pl: "Koszt ładowania", cs: "Cena nabíjení"),
                money(charged)),
            Letter.Fact(
                language.choose(
                    en: "Parking bookings", pl: "Rezerwacje parkingowe", cs: "Rezervace parkování"),
                "\(bookings)"),
            Letter.Fact(
                language.choose(en: "Cost of parking", pl: "Koszt parkowania", cs: "Cena parkování"),
                money(parked)),
        ]
        if !favouriteLot.isEmpty {
            facts.append(
                Letter.Fact(
                    language.choose(
                        en: "Most used car park", pl: "Najczęściej używany parking",
                        cs: "Nejčastější parkoviště"), favouriteLot))
        }
        return Letter(
            in: language,
            subject: language.choose(
                en: "Your month \(month) with VoltBus", pl: "Twój miesiąc \(month) z VoltBus",
                cs: "Váš měsíc \(month) s VoltBusem"),
            [
                .text(
                    language.choose(
                        en: "Hello \(name), this is what you did last month.",
                        pl: "Cześć \(name), oto Twoje podsumowanie ubiegłego miesiąca.",
                        cs: "Dobrý den, \(name), toto je váš přehled za minulý měsíc.")),
                .facts(facts),
            ])
    }
}

extension Query where Result == [MonthOfDriver] {
    static func monthsOfDrivers(
        from begin: Date, to end: Date, key: String, after user: Int64, limit: Int
    ) -> Self {
        """
        WITH charged AS (
            SELECT user_id, count(*) AS sessions, sum(energy_wh) AS energy_wh, sum(amount) AS amount
            FROM reporting.session_fact
            WHERE ended_at >= \(begin) AND ended_at < \(end)
            GROUP BY user_id
        ), stay AS (
            SELECT user_id, lot_id, count(*) AS bookings, sum(cost) AS cost
            FROM accounts_view.parking_reservation
            WHERE parked_at >= \(begin) AND parked_at < \(end) AND status <> 'cancelled'
            GROUP BY user_id, lot_id
        ), parked AS (
            SELECT user_id, sum(bookings) AS bookings, sum(cost) AS cost,
                (array_agg(lot_id ORDER BY bookings DESC, lot_id))[1] AS lot_id
            FROM stay
            GROUP BY user_id
        )
        SELECT person.user_id, person.email, coalesce(nullif(person.name, ''), person.username), person.language,
            coalesce(charged.sessions, 0), coalesce(charged.energy_wh, 0)::bigint, coalesce(charged.amount, 0)::bigint,
            coalesce(parked.bookings, 0)::bigint, coalesce(parked.cost, 0)::bigint, coalesce(lot.name, '')
        FROM accounts_view.account AS person
        LEFT JOIN charged ON charged.user_id = person.user_id
        LEFT JOIN parked ON parked.user_id = person.user_id
        LEFT JOIN accounts_view.parking_lot AS lot ON lot.lot_id = parked.lot_id
        WHERE person.user_id > \(user) AND person.is_active AND NOT person.is_deleted AND person.email <> ''
            AND (charged.user_id IS NOT NULL OR parked.user_id IS NOT NULL)
            AND NOT EXISTS (
                SELECT FROM reporting.job_letter AS written
                WHERE written.job = 'monthly report' AND written.key = \(key) AND written.user_id = person.user_id
            )
        ORDER BY person.user_id
        LIMIT \(limit)
        """
    }
}

extension Reporting {
    /// Tells everybody who did something in the month before `moment` what it was.
    package func sendMonthlyReports(on moment: Date, key: String) async throws -> Int {
        let zone = host.settings.jobsZone
        let first = CalendarDay(of: moment, in: zone).firstOfMonth
        let before = first.adding(days: -1).firstOfMonth
        let (begin, end) = (before.start(in: zone), first.start(in: zone))
        let (month, currency) = (String(before.text.prefix(7)), host.settings.currency)
        return try await JobLetters<MonthOfDriver>(
            reporting: self, job: "monthly report", key: key,
            unwritten: { .monthsOfDrivers(from: begin, to: end, key: key, after: $0, limit: $1) },
            letter: { $0.letter(for: month, in: currency) }
        ).write()
    }
}
