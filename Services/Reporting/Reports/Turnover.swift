import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// `/reports/turnover`: what the platform sold in a period, and what it kept of others' sales.
struct Turnover: Codable, Equatable, Sendable {
    var top_ups: Int64
    var top_ups_decimal: String
    var charging: Int64
    var charging_decimal: String
    var parking: Int64
    var parking_decimal: String
    var refunds: Int64
    var refunds_decimal: String
    /// Of sessions at hosts' points.
    var commission: Int64
    var commission_decimal: String
    /// Charging and parking.
    var turnover: Int64
    var turnover_decimal: String
    var currency: String

    init(_ sums: Sums, in currency: Currency) {
        func decimal(_ amount: Int64) -> String { Money(amount, currency).decimal }
        (top_ups, top_ups_decimal) = (sums.topUps, decimal(sums.topUps))
        (charging, charging_decimal) = (sums.charging, decimal(sums.charging))
        (parking, parking_decimal) = (sums.parking, decimal(sums.parking))
        (refunds, refunds_decimal) = (sums.refunds, decimal(sums.refunds))
        (commission, commission_decimal) = (sums.commission, decimal(sums.commission))
        turnover = sums.charging + sums.parking
        turnover_decimal = decimal(turnover)
        self.currency = currency.code
    }

    /// As the ledger has it, in minor units.
    struct Sums: RowDecodable, Sendable {
        let topUps: Int64
        let charging: Int64
        let parking: Int64
        let refunds: Int64
        let commission: Int64

        init(_ cells: inout Cells) throws {
            topUps = try cells.next()
            charging = try cells.next()
            parking = try cells.next()
            refunds = try cells.next()
            commission = try cells.next()
        }
    }
}

extension Query where Result == Turnover.Sums {
    static func turnover(of range: ReportRange) -> Self {
        """
        SELECT coalesce(sum(amount) FILTER (WHERE type = 'TopUp'), 0)::bigint,
            coalesce(-sum(amount) FILTER (WHERE type = 'Payment' AND subject = 'charging'), 0)::bigint,
            coalesce(-sum(amount) FILTER (WHERE type = 'Payment' AND subject = 'parking'), 0)::bigint,
            coalesce(sum(amount) FILTER (WHERE type = 'Refund'), 0)::bigint,
            (
                SELECT coalesce(sum(gross - credit), 0)::bigint
                FROM billing_view.host_share
                WHERE created_at >= \(range.begin) AND created_at < \(range.end)
            )
        FROM billing_view.ledger_entry
        WHERE created_at >= \(range.begin) AND created_at < \(range.end)
        """
    }
}

extension Reporting {
    func reportTurnover(_ call: Call<None, PeriodQuery, None>) async throws -> OK<Turnover> {
        let range = try call.query.range(at: host.clock.now)
        return OK(Turnover(try await host.database.run(.turnover(of: range)), in: host.settings.currency))
    }
}
