import Core
import FoundationEssentials
import Postgres

/// What the charts of a document show.
struct DocumentFigures: Sendable {
    /// What a bar stands for: so many bars that they can still be told apart.
    enum Unit: String, Sendable {
        case day, week, month

        init(_ length: TimeInterval) {
            let days = length / 86_400
            self = days <= 62 ? .day : days <= 190 ? .week : .month
        }
    }

    struct Bar: Sendable {
        var day: CalendarDay
        var energyWh: Int64
        var amount: Int64
    }

    var unit: Unit
    var bars: [Bar]
    /// By weekday from Monday on and hour of the day, seconds of charging.
    var hours: [[Double]]
    var rows: Int64
    var people: Int64
    var energyWh: Int64
    var amount: Int64

    static func read(_ document: DocumentBody, _ zone: TimeZone, in database: Database) async throws -> Self {
        let unit = Unit(document.to.timeIntervalSince(document.from))
        let user: SQL = document.scope == .all ? "true" : "user_id = \(document.generated_by)"
        let found: [FoundBar] = try await database.run(
            .bars(of: document, user, unit, zone), within: .seconds(60))
        var figures = DocumentFigures(
            unit: unit, bars: [], hours: [[Double]](repeating: [Double](repeating: 0, count: 24), count: 7),
            rows: 0, people: 0, energyWh: 0, amount: 0)
        for bar in found {
            figures.rows += bar.rows
            figures.energyWh += bar.energyWh
            figures.amount += bar.amount
        }
        figures.bars = filled(found, document, unit, zone)
        if document.type == .usage || document.type == .statistics {
            figures.people = try await database.run(
                """
                SELECT count(DISTINCT user_id) FROM reporting.session_fact
                WHERE \(user) AND ended_at >= \(document.from) AND ended_at < \(document.to) AND user_id <> 0
                """, within: .seconds(60))
            let hours: [FoundHour] = try await database.run(
                """
                SELECT extract(isodow FROM hour AT TIME ZONE \(zone.identifier))::int4,
                    extract(hour FROM hour AT TIME ZONE \(zone.identifier))::int4, sum(seconds)::bigint
                FROM (\(flows(of: document))) AS flow
                GROUP BY 1, 2
                ORDER BY 1, 2
                LIMIT 200
                """, within: .seconds(60))
            for hour in hours { figures.hours[Int(hour.weekday) - 1][Int(hour.hour)] = Double(hour.seconds) }
        }
        return figures
    }

    /// `hour, seconds`: one's own by one's sessions, everybody's by the sums of the network.
    private static func flows(of document: DocumentBody) -> SQL {
        guard document.scope != .all else {
            return """
                SELECT hour, seconds FROM reporting.network_hour
                WHERE hour >= \(document.from) AND hour < \(document.to)
                """
        }
        return """
            SELECT flow.hour, flow.seconds
            FROM reporting.session_fact AS fact
            JOIN reporting.session_flow AS flow ON flow.session_id = fact.session_id
            WHERE fact.user_id = \(document.generated_by) AND fact.ended_at >= \(document.from)
                AND fact.started_at < \(document.to) AND flow.hour >= \(document.from) AND flow.hour < \(document.to)
            """
    }

    /// Also those in which nothing happened.
    private static func filled(
        _ found: [FoundBar], _ document: DocumentBody, _ unit: Unit, _ zone: TimeZone
    ) -> [Bar] {
        let known = Dictionary(uniqueKeysWithValues: found.map { ($0.day.daysSinceEpoch, $0) })
        var day = CalendarDay(of: document.from, in: zone)
        let end = CalendarDay(of: document.to - 1, in: zone)
        switch unit {
        case .day: break
        case .week: day = day.adding(days: 1 - day.weekday)
        case .month: day = day.firstOfMonth
        }
        var bars: [Bar] = []
        while day.daysSinceEpoch <= end.daysSinceEpoch {
            let bar = known[day.daysSinceEpoch]
            bars.append(Bar(day: day, energyWh: bar?.energyWh ?? 0, amount: bar?.amount ?? 0))
            switch unit {
            case .day: day = day.adding(days: 1)
            case .week: day = day.adding(days: 7)
            case .month: day = day.firstOfNextMonth
            }
        }
        return bars
    }
}

private struct FoundBar: RowDecodable {
    let day: CalendarDay
    let rows: Int64
    let energyWh: Int64
    let amount: Int64

    init(_ cells: inout Cells) throws {
        let days: Int32 = try cells.next()
        day = CalendarDay(daysSinceEpoch: Int(days))
        rows = try cells.next()
        energyWh = try cells.next()
        amount = try cells.next()
    }
}

private struct FoundHour: RowDecodable {
    let weekday: Int32
    let hour: Int32
    let seconds: Int64

    init(_ cells: inout Cells) throws {
        weekday = try cells.next()
        hour = try cells.next()
        seconds = try cells.next()
    }
}

extension Query where Result == [FoundBar] {
    fileprivate static func bars(
        of document: DocumentBody, _ user: SQL, _ unit: DocumentFigures.Unit, _ zone: TimeZone
    ) -> Self {
        let facts: SQL =
            switch document.type {
            case .usage, .statistics:
                """
                SELECT ended_at AS at, energy_wh, amount FROM reporting.session_fact
                WHERE \(user) AND ended_at >= \(document.from) AND ended_at < \(document.to)
                """
            case .cost:
                """
                SELECT created_at, 0::bigint, amount FROM billing_view.ledger_entry
                WHERE \(user) AND created_at >= \(document.from) AND created_at < \(document.to)
                """
            case .invoice:
                """
                SELECT issued_at, 0::bigint, gross FROM billing_view.invoice_line
                WHERE \(user) AND issued_at >= \(document.from) AND issued_at < \(document.to)
                """
            }
        return """
            SELECT date_trunc(\(unit.rawValue), at AT TIME ZONE \(zone.identifier))::date - date '1970-01-01', count(*),
                sum(energy_wh)::bigint, sum(amount)::bigint
            FROM (\(facts)) AS fact (at, energy_wh, amount)
            GROUP BY 1
            ORDER BY 1
            LIMIT 1000
            """
    }
}

/// Numbers as tables hold them: a point, no grouping.
enum DocumentNumbers {
    /// Two places, rounded half away from zero.
    static func kWh(_ wattHours: Int64) -> String {
        let hundredths = (wattHours + (wattHours < 0 ? -5 : 5)) / 10
        let (whole, rest) = (hundredths.magnitude / 100, hundredths.magnitude % 100)
        return "\(hundredths < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
