import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct UsageQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var charge_point_id: String?
    var from: DayOrMoment?
    var to: DayOrMoment?
}

/// A session of somebody on a host's point: everything but who it was and what they charge with.
struct UsageItem: Codable, Sendable {
    var charging: ChargingBody
    @OrNull var driver_name: String?

    private enum Keys: CodingKey { case driver_name }

    init(_ row: ChargingRow, driver: String?, for caller: Caller, at now: Date, in currency: Currency) {
        charging = row.body(for: caller, at: now, in: currency)
        charging.user_id = nil
        charging.car_id = nil
        charging.id_tag = ""
        _driver_name = OrNull(wrappedValue: driver)
    }

    init(from decoder: any Decoder) throws {
        charging = try ChargingBody(from: decoder)
        _driver_name = try decoder.container(keyedBy: Keys.self).decode(
            OrNull<String>.self, forKey: .driver_name)
    }

    func encode(to encoder: any Encoder) throws {
        try charging.encode(to: encoder)
        var rest = encoder.container(keyedBy: Keys.self)
        try rest.encode(_driver_name, forKey: .driver_name)
    }
}

/// What all of them come to, not only those of the page.
struct UsageSummary: Codable, Equatable, Sendable {
    var sessions: Int64
    var energy_wh: Int64
    /// What drivers were billed, less what was given back.
    var revenue: Int64
    var revenue_decimal: String
    /// What the platform kept of what was paid.
    var commission: Int64
    var commission_decimal: String
    var credit: Int64
    var credit_decimal: String
    var currency: String
}

struct UsageBody: Codable, Sendable {
    var items: [UsageItem]
    var pagination: Paged<UsageItem>.Pagination
    var summary: UsageSummary
}

extension Accounts {
    @RouteTable var usageRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/chargings/usage", showUsage).failing("Failed to get usage")
            .summary("Use of the caller's charge points, and what it earned").needs(.user)
    }

    /// A host sees their own points, staff those of all hosts unless they have some themselves.
    func showUsage(_ call: Call<None, UsageQuery, None>) async throws -> OK<UsageBody> {
        let (query, caller) = (call.query, call.identified)
        let owns = try await host.database.run(.isHost(caller.user))
        guard owns || caller.isPower else { throw ChargingRefusal.noHost }
        let filter = ChargingFilter(
            owner: owns ? caller.user : nil, isOfHosts: true, point: query.charge_point_id,
            from: query.from?.beginning, until: query.to?.end)
        let (now, currency) = (host.clock.now, host.settings.currency)
        let sums = try await host.database.run(.usage(filter))
        let page = query.asked.within(total: Int(sums.sessions))
        let rows = try await host.database.run(.usedBy(filter, Cut(page, order: query.order)))
        let items = rows.map { UsageItem($0.charging, driver: $0.driver, for: caller, at: now, in: currency) }
        return OK(
            UsageBody(
                items: items, pagination: Paged(items, page: page, total: Int(sums.sessions)).pagination,
                summary: sums.body(in: currency)))
    }
}

/// A session on a host's point, with the name of who charged.
struct UsageRow: JoinedRow, Sendable {
    var charging: ChargingRow
    var driver: String?

    static let columns = """
        \(ChargingRow.columns), coalesce(nullif(driver.name, ''),
            nullif(concat_ws(' ', nullif(driver.first_name, ''), nullif(driver.last_name, '')), ''), driver.username)
        """

    static let relations: SQL = """
        \(ChargingRow.relations)
        LEFT JOIN accounts.account AS driver ON driver.id = charge.user_id AND driver.deleted_at IS NULL
        """

    init(_ cells: inout Cells) throws {
        charging = try ChargingRow(&cells)
        driver = try cells.next()
    }
}

extension Query where Result == [UsageRow] {
    fileprivate static func usedBy(_ filter: ChargingFilter, _ cut: Cut) -> Self {
        page(where: filter.condition, by: "charge.session_id", cut)
    }
}

struct UsageSums: Row, Sendable {
    var sessions: Int64
    var energy: Int64
    var revenue: Int64
    var gross: Int64
    var credit: Int64

    static let columns = """
        count(*), coalesce(sum(charge.energy_wh), 0)::bigint, coalesce(sum(settled.cost - settled.refunded), 0)::bigint,
        coalesce(sum(share.gross), 0)::bigint, coalesce(sum(share.credit), 0)::bigint
        """

    init(_ cells: inout Cells) throws {
        sessions = try cells.next()
        energy = try cells.next()
        revenue = try cells.next()
        gross = try cells.next()
        credit = try cells.next()
    }

    func body(in currency: Currency) -> UsageSummary {
        func decimal(_ amount: Int64) -> String { Money(amount, currency).decimal }
        return UsageSummary(
            sessions: sessions, energy_wh: energy, revenue: revenue, revenue_decimal: decimal(revenue),
            commission: gross - credit, commission_decimal: decimal(gross - credit), credit: credit,
            credit_decimal: decimal(credit), currency: currency.code)
    }
}

extension Query where Result == UsageSums {
    fileprivate static func usage(_ filter: ChargingFilter) -> Self {
        """
        SELECT \(columns: UsageSums.self)
        \(ChargingRow.relations)
        LEFT JOIN LATERAL (
            SELECT sum(gross) AS gross, sum(credit) AS credit FROM billing_view.host_share
            WHERE session_id = charge.session_id AND user_id = charge.owner_id
        ) AS share ON true
        WHERE \(filter.condition)
        """
    }
}

extension Query where Result == Bool {
    fileprivate static func isHost(_ user: Int64) -> Self {
        "SELECT EXISTS (SELECT FROM accounts.charge_point WHERE owner_id = \(user) AND deleted_at IS NULL)"
    }
}
