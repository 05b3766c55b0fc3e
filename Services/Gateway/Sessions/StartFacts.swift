import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// Everything that decides the price and the funding of a start, read by one statement over the published views (architecture.md,
/// section 1): charging starts while billing is down.
struct StartFacts: Codable, Sendable {
    struct Place: Codable, Sendable {
        var port: Int64?
        var price: Int64?
        var power_w: Int32?
        var is_active: Bool?
        var overlay: String?
        var owner: Int64?
        var station: Int64?
        var station_price: Int64?
        var station_status: String?
        var is_enabled: Bool
    }

    struct Plan: Codable, Sendable {
        var id: Int64
        var plan_id: String
        var is_active: Bool
        var price_per_kwh: Int64
        var price_per_hour: Int64
        var free_minutes: Int64
        var start_minute: Int?
        var end_minute: Int?

        var row: PlanRow {
            let window = start_minute.flatMap { TimeOfDay(minutes: $0) }.flatMap { start in
                end_minute.flatMap { TimeOfDay(minutes: $0) }.map { PlanWindow(from: start, through: $0) }
            }
            return PlanRow(
                number: id, version: 1, name: plan_id, isActive: is_active,
                energyPrice: EnergyPrice(perKilowattHour: price_per_kwh),
                timePrice: TimePrice(perHour: price_per_hour), freeMinutes: free_minutes, window: window)
        }
    }

    /// A slot at this connector that the driver has booked and that was confirmed.
    struct Slot: Codable, Sendable {
        var id: Int64
        var meeting: Int64
        var connector: Int?
        /// Seconds since 1970.
        var begin: Double
        var end: Double
        var price_per_kwh: Int64?

        func row(at point: ChargePointID) -> PriceSources.Slot {
            .init(
                number: id, chargePoint: point.text, connector: connector,
                begin: Date(timeIntervalSince1970: begin), end: Date(timeIntervalSince1970: end),
                energyPrice: price_per_kwh.map { EnergyPrice(perKilowattHour: $0) })
        }
    }

    struct Card: Codable, Sendable {
        var id: Int64
        var identifier: String
        var fail_count: Int
        var is_default: Bool
        /// `MM/YY`.
        var expiry: String?
    }

    struct Discount: Codable, Sendable {
        var code: String
        var hundredths: Int64
        /// Uses that are left; null: any number.
        var left: Int64?
    }

    /// Who the connector is kept for at the moment.
    struct Kept: Codable, Sendable {
        var reservation: Int64
        var user: Int64
        var tag: String
        /// Of the tag: whoever belongs to it may begin too.
        var parent: String?
        var meeting: Int64?
        /// Seconds since 1970.
        var since: Int64

        func isFor(_ user: ID<User>?, tag: String, parent: String?) -> Bool {
            self.user == user?.number || self.tag == tag
                || (self.parent != nil && (self.parent == parent || self.parent == tag))
        }
    }

    var place: Place?
    var kept: Kept?
    var plan: String?
    var plans: [Plan]
    var slots: [Slot]
    var default_plan: Plan?
    var balance: Int64
    var reserved: Int64
    var cards: [Card]
    var discount: Discount?

    /// The price that a start at `moment` fixes.
    func price(
        of user: ID<User>?, at point: ChargePointID, connector: Int, moment: Date, in zone: TimeZone,
        currency: Currency
    ) -> FrozenPrice {
        let place = place
        var price = PriceSources(
            currency: currency,
            connector: .init(
                port: place?.port ?? 0, chargePoint: point.text, number: connector,
                energyPrice: place?.price.map { EnergyPrice(perKilowattHour: $0) }),
            isOwnPoint: user != nil && place?.owner == user?.number,
            driver: user == nil ? nil : .init(plan: plan ?? "default", rows: plans.map(\.row)),
            slots: slots.map { $0.row(at: point) },
            station: place?.station.map { number in
                .init(
                    number: number, energyPrice: place?.station_price.map { EnergyPrice(perKilowattHour: $0) }
                )
            },
            defaultPlan: default_plan?.row
        ).price(at: moment, in: zone)
        if let discount {
            price.discount = FrozenDiscount(
                code: discount.code, value: Percent(hundredths: discount.hundredths))
        }
        return price
    }

    /// The booking that a start at `moment` belongs to.
    func meeting(at moment: Date) -> Int64? {
        let seconds = moment.timeIntervalSince1970
        return slots.first { $0.begin <= seconds && seconds < $0.end }?.meeting
    }

    func funding(
        _ price: FrozenPrice, wish: FundingQuestion.Wish, target: Energy?, user: ID<User>?,
        settings: GatewaySettings,
        at moment: Date
    ) throws(FundingRefusal) -> FundingChoice {
        try FundingQuestion(
            price: price, wish: wish, balance: Money(balance, price.currency),
            reservedElsewhere: Money(reserved, price.currency),
            cards: cards.map { card in
                PaymentCard(
                    identifier: card.identifier, expiry: card.expiry.flatMap { PaymentCard.Expiry($0) },
                    failures: card.fail_count, isDefault: card.is_default)
            }, target: target, isHostsPoint: place?.owner != nil && place?.owner != user?.number,
            requiresMethod: settings.requiresPaymentMethod,
            preauthorization: Money(settings.preauthorization, price.currency)
        ).answer(at: moment)
    }

    func methodID(of identifier: String?) -> Int64? {
        identifier.flatMap { wanted in cards.first { $0.identifier == wanted }?.id }
    }
}

extension StartFacts: RowDecodable {
    init(_ cells: inout Cells) throws {
        self = try cells.next(json: StartFacts.self)
    }
}

extension Query where Result == StartFacts {
    static func startFacts(
        at point: ChargePointID, connector: Int32, user: ID<User>?, discount code: String?, now: Date
    ) -> Self {
        """
        SELECT jsonb_build_object(
            'place', (
                SELECT jsonb_build_object('port', connector.port_id, 'price', connector.price_per_kwh, 'power_w',
                    connector.power_w, 'is_active', connector.is_active, 'overlay', connector.overlay, 'owner',
                    point.owner_id, 'station', point.station_id, 'station_price', station.price_per_kwh,
                    'station_status', station.status, 'is_enabled', point.is_enabled)
                FROM accounts_view.charge_point AS point
                LEFT JOIN accounts_view.connector AS connector
                    ON connector.charge_point_id = point.charge_point_id AND connector.connector_id = \(connector)
                        AND NOT connector.is_deleted
                LEFT JOIN accounts_view.station AS station ON station.station_id = point.station_id
                WHERE point.charge_point_id = \(point.text)
            ),
            'kept', (
                SELECT jsonb_build_object('reservation', kept.reservation_id, 'user', kept.user_id, 'tag', kept.tag,
                    'parent', tag.parent_tag, 'meeting', kept.meeting_id, 'since',
                    floor(extract(epoch FROM kept.starts_at))::bigint)
                FROM accounts_view.reservation AS kept
                LEFT JOIN accounts_view.tag AS tag ON tag.tag = kept.tag
                WHERE kept.charge_point_id = \(point.text) AND kept.connector_id = \(connector)
                    AND kept.status = 'active' AND kept.expires_at > \(now)
                LIMIT 1
            ),
            'plan', (SELECT driver.payment_plan FROM accounts_view.account AS driver WHERE driver.user_id = \(user as ID<User>?)),
            'plans', coalesce((
                SELECT jsonb_agg(jsonb_build_object('id', plan.plan_row_id, 'plan_id', plan.plan_id, 'is_active',
                    plan.is_active, 'price_per_kwh', plan.price_per_kwh, 'price_per_hour', plan.price_per_hour,
                    'free_minutes', plan.free_minutes, 'start_minute', plan.start_minute, 'end_minute', plan.end_minute)
                    ORDER BY plan.plan_row_id)
                FROM billing_view.plan AS plan
                JOIN accounts_view.account AS driver ON driver.payment_plan = plan.plan_id
                WHERE driver.user_id = \(user as ID<User>?)
            ), '[]'),
            'slots', coalesce((
                SELECT jsonb_agg(jsonb_build_object('id', slot.slot_id, 'meeting', slot.meeting_id, 'connector',
                    slot.connector_id, 'begin', extract(epoch FROM slot.start_time), 'end',
                    extract(epoch FROM slot.end_time), 'price_per_kwh', slot.price_per_kwh) ORDER BY slot.start_time)
                FROM accounts_view.slot_booking AS slot
                WHERE slot.student_id = \(user as ID<User>?) AND slot.charge_point_id = \(point.text)
                    AND coalesce(slot.connector_id, \(connector)) = \(connector)
                    -- What was charged offline is told late.
                    AND slot.start_time <= \(now) AND slot.end_time > \(now)::timestamptz - interval '7 days'
            ), '[]'),
            'default_plan', (
                SELECT jsonb_build_object('id', plan.plan_row_id, 'plan_id', plan.plan_id, 'is_active', plan.is_active,
                    'price_per_kwh', plan.price_per_kwh, 'price_per_hour', plan.price_per_hour, 'free_minutes',
                    plan.free_minutes, 'start_minute', plan.start_minute, 'end_minute', plan.end_minute)
                FROM billing_view.plan AS plan WHERE plan.is_default
            ),
            'balance', coalesce((SELECT balance FROM billing_view.balance WHERE user_id = \(user as ID<User>?)), 0),
            'reserved', coalesce((
                SELECT sum(charge.estimate) FROM gateway.session AS charge
                WHERE charge.user_id = \(user as ID<User>?) AND charge.funding = 'balance'
                    AND NOT EXISTS (
                        SELECT FROM billing_view.settled_session AS settled WHERE settled.session_id = charge.session_id)
            ), 0),
            'cards', coalesce((
                SELECT jsonb_agg(jsonb_build_object('id', card.method_id, 'identifier', card.identifier, 'fail_count',
                    card.fail_count, 'is_default', card.is_default, 'expiry', to_char(card.expires_on, 'MM/YY'))
                    ORDER BY card.added_at, card.method_id)
                FROM billing_view.card AS card WHERE card.user_id = \(user as ID<User>?)
            ), '[]'),
            'discount', (
                SELECT jsonb_build_object('code', code.code, 'hundredths', code.percent_hundredths, 'left',
                    code.max_uses - code.usage_count - (
                        SELECT count(*) FROM gateway.session AS charge
                        WHERE charge.discount_code = code.code
                            AND NOT EXISTS (
                                SELECT FROM billing_view.settled_session AS settled
                                WHERE settled.session_id = charge.session_id)))
                FROM billing_view.discount AS code
                WHERE code.code = upper(\(code as String?)) AND NOT code.is_deleted
                    AND (code.expires_at IS NULL OR code.expires_at > \(now))
                    AND (code.user_id IS NULL OR code.user_id = \(user as ID<User>?))
            )
        )
        """
    }
}
