import Core
import FoundationEssentials
import Hosting
import Postgres

/// Makes the partitions of the days and months to come, and drops those whose time is over.
struct Partitions: Sendable {
    let gateway: Gateway

    private static let daily = ["frame_log", "sys_log", "connector_history", "presence_history"]
    /// Partitions that are there before they are needed.
    private static let ahead = 3

    func tend() async throws -> [String: Int] {
        let today = CalendarDay(of: gateway.host.clock.now, in: .gmt)
        var made = 0
        for table in Self.daily {
            for offset in 1...Self.ahead {
                let day = today.adding(days: offset)
                made += try await make(table, Self.word(day), day, day.adding(days: 1)) ? 1 : 0
            }
        }
        var month = today.firstOfNextMonth
        for _ in 1...Self.ahead {
            let next = month.firstOfNextMonth
            made += try await make("meter_reading", String(Self.word(month).prefix(6)), month, next) ? 1 : 0
            month = next
        }
        let kept = Int(gateway.host.settings.logRetention.components.seconds / 86_400)
        var dropped = 0
        for table in Self.daily {
            let before = Self.word(today.adding(days: -kept))
            let query: Query<Int32> = "SELECT gateway.drop_partitions(\(table), \(before))"
            dropped += Int(try await gateway.host.database.run(query))
        }
        return ["made": made, "dropped": dropped]
    }

    private func make(_ table: String, _ suffix: String, _ first: CalendarDay, _ next: CalendarDay)
        async throws -> Bool
    {
        let query: Query<Bool> =
            "SELECT gateway.make_partition(\(table), \(suffix), \(first.start), \(next.start))"
        return try await gateway.host.database.run(query)
    }

    /// `20261121`.
    private static func word(_ day: CalendarDay) -> String {
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return padded(day.year, 4) + padded(day.month, 2) + padded(day.day, 2)
    }
}
