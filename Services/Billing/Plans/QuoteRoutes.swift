import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// What would a start there cost? `port_id`, or `charge_point_id` with `connector_id`.
struct PriceQuestion: Codable, Sendable {
    var port_id: Int64?
    var charge_point_id: Text<1, 48>?
    var connector_id: Whole<1, 99>?
    var energy_wh: Whole<0, 100_000_000>?
    var minutes: Whole<0, 1_000_000>?
    var start_time: Date?
    var discount_code: Text<0, 32>?
}

struct PriceQuote: Codable, Equatable, Sendable {
    var rule: String
    var price_per_kwh: Int64
    var price_per_hour: Int64
    var free_minutes: Int64
    var energy_part: Int64
    var time_part: Int64
    var discount: Int64
    var total: Int64
    var currency: String
}

extension Billing {
    @RouteTable var quoteRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/payment-plans/quote", quotePrice).failing("Failed to quote a price")
            .summary("What a session would cost, and by which rule").needs(.user)
    }

    func quotePrice(_ call: Call<None, None, PriceQuestion>) async throws -> OK<PriceQuote> {
        let (body, caller, now) = (call.body, call.identified, host.clock.now)
        let name: ConnectorName
        switch (body.port_id, body.charge_point_id, body.connector_id) {
        case (let port?, _, _): name = .port(port)
        case (nil, let point?, let number?): name = .place(point.text, Int32(clamping: number.number))
        default:
            throw BillingRefusal.invalid(
                field: "port_id", "or charge_point_id and connector_id are needed")
        }
        guard let connector = try await host.database.run(.connector(name, for: caller, at: now)) else {
            throw BillingRefusal.noSuchConnector
        }
        var price = try await price(at: connector, for: caller, at: body.start_time ?? now)
        if let code = body.discount_code?.text, !code.isEmpty {
            guard let known = try await host.database.run(.discount(named: code.uppercased())),
                known.isUsable(by: ID(caller.user), at: now)
            else { throw BillingRefusal.discountNotUsable }
            price.discount = FrozenDiscount(code: known.code, value: known.value)
        }
        let cost = price.cost(
            of: Energy(wattHours: Int64(body.energy_wh?.number ?? 0)),
            lasting: .seconds((body.minutes?.number ?? 0) * 60))
        return OK(
            PriceQuote(
                rule: price.rule.word, price_per_kwh: price.energyPrice.perKilowattHour,
                price_per_hour: price.timePrice.perHour, free_minutes: price.freeMinutes,
                energy_part: cost.energyPart.minorUnits, time_part: cost.timePart.minorUnits,
                discount: cost.discount.minorUnits, total: cost.total.minorUnits,
                currency: host.settings.currency.code))
    }

    /// By the rules that a start goes by, from the same views.
    private func price(at connector: PricedConnector, for caller: Caller, at moment: Date) async throws
        -> FrozenPrice
    {
        let plan = try await host.database.run(.plan(of: caller.user)) ?? "default"
        let plans = try await host.database.run(.plans(named: nil, isActive: nil))
        return PriceSources(
            currency: host.settings.currency,
            connector: .init(
                port: connector.port, chargePoint: connector.point, number: Int(connector.number),
                energyPrice: connector.price.map { EnergyPrice(perKilowattHour: $0) }),
            isOwnPoint: connector.owner == caller.user,
            driver: .init(plan: plan, rows: plans.filter { $0.plan_id == plan }.map(\.row)),
            station: connector.station.map { number in
                .init(
                    number: number,
                    energyPrice: connector.stationPrice.map { EnergyPrice(perKilowattHour: $0) })
            },
            defaultPlan: plans.first(where: \.is_default)?.row
        ).price(at: moment, in: host.settings.tariffZone)
    }
}
