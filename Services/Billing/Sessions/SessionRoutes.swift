import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct NumberPath: Codable, Sendable {
    /// Digits; anything else is a bad request here, not an unknown path.
    var id: String
}

struct PeriodPath: Codable, Sendable {
    var period: String
}

struct SessionQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var from: String?
    var to: String?
    var username: String?
    var id_tag: String?
    var charge_point_id: String?
    var with_error: Bool?
}

extension Billing {
    @RouteTable var sessionRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/transactions/active", listActive).failing("Failed to get transactions")
            .summary("The caller's unfinished sessions").needs(.user)
        Route(.get, "/api/v1/transactions/list", listSessions).failing("Failed to get transactions")
            .summary("Finished sessions").needs(.user)
        Route(.get, "/api/v1/transactions/list/:period", listPeriod).failing("Failed to get transactions")
            .summary("The caller's sessions of a time").needs(.user)
        Route(.get, "/api/v1/transactions/info/:id", showSession).failing("Failed to get transaction")
            .summary("One session").needs(.user)
    }

    func listActive(_ call: Call<None, CutQuery, None>) async throws -> Listed<ChargeStateBody> {
        let (caller, now, database) = (call.identified, host.clock.now, host.database)
        let filter = SessionFilter(user: caller.user, isFinished: false)
        return try await Listed(call.query, of: call.request) {
            Int(try await database.run(.countSessions(filter)))
        } rows: { cut in
            let rows = try await database.run(.sessions(filter, limit: cut.limit, offset: cut.offset))
            let details = try await details(of: rows, for: caller)
            return rows.map { $0.state(details($0), for: caller, at: now) }
        }
    }

    /// Everything beside their rows, by the same few statements for any number of sessions.
    private func details(of rows: [SessionRow], for caller: Caller) async throws
        -> @Sendable (SessionRow) -> SessionDetails
    {
        guard !rows.isEmpty else { return { _ in SessionDetails() } }
        let (numbers, methods) = (rows.map(\.number), rows.compactMap(\.paymentMethod))
        let readings = Dictionary(
            grouping: try await host.database.run(.readings(of: numbers)), by: \.meter.transaction_id)
        let orders = Dictionary(
            grouping: try await orders(of: numbers), by: { $0.session?.number ?? 0 })
        let cards =
            methods.isEmpty ? [] : try await host.database.run(.cards(numbered: Array(Set(methods))))
        return { row in
            let own = readings[row.number] ?? []
            return SessionDetails(
                readings: ResampleReadings.run(own.map(\.meter), of: Int(own.first?.total ?? 0)),
                card: cards.first { $0.id == row.paymentMethod }.map { CardBody($0, for: caller.user) },
                orders: (orders[row.number] ?? []).map { OrderBody($0, for: caller.user) })
        }
    }

    /// Of however many, part by part.
    private func orders(of sessions: [Int64]) async throws -> [StoredOrder] {
        var all: [StoredOrder] = []
        while true {
            let part = try await host.database.run(.orders(of: sessions, after: all.last, limit: 1_000))
            all += part
            if part.count < 1_000 { return all }
        }
    }

    /// Without `page` at most so many.
    private static let usualList = 100

    func listSessions(_ call: Call<None, SessionQuery, None>) async throws -> Listed<TransactionBody> {
        let (query, caller) = (call.query, call.identified)
        var filter = SessionFilter(user: caller.user)
        let from = try MomentText.read(query.from, "from", endOfDay: false)
        let to = try MomentText.read(query.to, "to", endOfDay: true)
        let isFiltered =
            from != nil || to != nil || query.username != nil || query.id_tag != nil
            || query.charge_point_id != nil || query.with_error == true
        if caller.isPower, isFiltered {
            filter = SessionFilter(
                username: query.username, tag: query.id_tag, point: query.charge_point_id, stoppedFrom: from,
                stoppedBefore: to, withError: query.with_error == true)
        }
        return try await listed(filter, query, call.request, for: caller)
    }

    func listPeriod(_ call: Call<PeriodPath, CutQuery, None>) async throws -> Listed<TransactionBody> {
        var filter = SessionFilter(user: call.identified.user)
        (filter.stoppedFrom, filter.stoppedBefore) = try Self.range(call.path.period, at: host.clock.now)
        return try await listed(filter, call.query, call.request, for: call.identified)
    }

    /// `day`, `week`, `month`, `year`, or `<fromMs>-<toMs>`.
    private static func range(_ word: String, at now: Date) throws(BillingRefusal) -> (Date, Date) {
        let days: Double? =
            switch word {
            case "day": 1
            case "week": 7
            case "month": 30
            case "year": 365
            default: nil
            }
        if let days { return (now - days * 86_400, now + 1) }
        let parts = word.split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 2, word.split(separator: "-").count == 2, parts[0] <= parts[1],
            parts[1] < 253_402_300_800_000
        else { throw .unreadablePeriod }
        return (
            Date(timeIntervalSince1970: Double(parts[0]) / 1_000),
            Date(timeIntervalSince1970: Double(parts[1]) / 1_000)
        )
    }

    private func listed(
        _ filter: SessionFilter, _ query: some PageParameters, _ request: Request, for caller: Caller
    ) async throws -> Listed<TransactionBody> {
        let (database, currency) = (host.database, host.settings.currency)
        return try await Listed(query, of: request) {
            Int(try await database.run(.countSessions(filter)))
        } rows: { cut in
            let limit = query.part == nil ? Self.usualList : cut.limit
            let rows = try await database.run(.sessions(filter, limit: limit, offset: cut.offset))
            let details = try await details(of: rows, for: caller)
            return rows.map { $0.transaction(details($0), currency: currency) }
        }
    }

    func showSession(_ call: Call<NumberPath, None, None>) async throws -> OK<SessionInfoBody> {
        OK(try await info(try call.path.number, for: call.identified))
    }

    /// Throws: `BillingRefusal.noSuchSession`.
    func info(_ number: Int64, for caller: Caller) async throws -> SessionInfoBody {
        let row = try await ownSession(number, caller)
        let details = try await details(of: [row], for: caller)(row)
        return SessionInfoBody(
            transaction: row.transaction(details, currency: host.settings.currency),
            state: row.state(details, for: caller, at: host.clock.now))
    }

    /// The session of its user, the point's host, or staff. Throws: `BillingRefusal.noSuchSession`.
    func ownSession(_ number: Int64, _ caller: Caller) async throws -> SessionRow {
        guard let row = try await host.database.run(.session(number)),
            row.user == caller.user || row.owner == caller.user || caller.isPower
        else { throw BillingRefusal.noSuchSession }
        return row
    }
}
