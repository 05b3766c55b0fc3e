import Core
import FoundationEssentials
import Postgres

/// A payment plan's row, as the API shows it (api.md 4.9).
struct PlanBody: Codable, Equatable, Sendable {
    var id: Int64
    var plan_id: String
    var description: String
    var is_default: Bool
    var is_active: Bool
    var price_per_kwh: Int64
    var price_per_hour: Int64
    var free_minutes: Int
    /// `HH:MM`, empty for always.
    var start_time: String
    var end_time: String
}

extension PlanBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        id = try cells.next()
        plan_id = try cells.next()
        description = try cells.next()
        is_default = try cells.next()
        is_active = try cells.next()
        price_per_kwh = try cells.next()
        price_per_hour = try cells.next()
        free_minutes = Int(try cells.next(Int32.self))
        start_time = Self.text(try cells.next(Int16?.self))
        end_time = Self.text(try cells.next(Int16?.self))
    }

    static let columns: StaticString = """
        id, plan_id, description, is_default, is_active, price_per_kwh, price_per_hour, free_minutes, start_minute, end_minute
        """

    private static func text(_ minutes: Int16?) -> String {
        minutes.flatMap { TimeOfDay(minutes: Int($0))?.text } ?? ""
    }
}

/// What is written of a plan. On PATCH what is absent stays.
struct PlanInput: Codable, Sendable {
    var plan_id: Text<1, 50>?
    var description: Text<0, 255>?
    var price_per_kwh: Whole<0, 100_000>?
    var price_per_hour: Whole<0, 1_000_000>?
    var free_minutes: Whole<0, 1_440>?
    /// `HH:MM`, or empty for always.
    @OrNull var start_time: String?
    @OrNull var end_time: String?
    var is_default: Bool?
    var is_active: Bool?
}

/// A plan's row as it is stored, and the rules of changing it.
struct StoredPlan: Equatable, Sendable {
    var planID: String
    var description = ""
    var isDefault = false
    var isActive = true
    var pricePerKWh: Int64
    var pricePerHour: Int64 = 0
    var freeMinutes: Int32 = 60
    var start: Int16?
    var end: Int16?

    init(_ plan: PlanBody) {
        planID = plan.plan_id
        description = plan.description
        isDefault = plan.is_default
        isActive = plan.is_active
        pricePerKWh = plan.price_per_kwh
        pricePerHour = plan.price_per_hour
        freeMinutes = Int32(plan.free_minutes)
        start = TimeOfDay(plan.start_time).map { Int16($0.minutes) }
        end = TimeOfDay(plan.end_time).map { Int16($0.minutes) }
    }

    init(planID: String, pricePerKWh: Int64) {
        self.planID = planID
        self.pricePerKWh = pricePerKWh
    }

    /// A new row, or what PUT makes of an old one.
    init(_ input: PlanInput) throws(BillingRefusal) {
        guard let planID = input.plan_id?.text else { throw .invalid(field: "plan_id", "is missing") }
        guard let price = input.price_per_kwh else { throw .invalid(field: "price_per_kwh", "is missing") }
        self.init(planID: planID, pricePerKWh: Int64(price.number))
        try apply(input)
    }

    mutating func apply(_ input: PlanInput) throws(BillingRefusal) {
        var next = self
        next.planID = input.plan_id?.text ?? planID
        guard next.planID.utf8.allSatisfy(Self.isAllowed) else {
            throw .invalid(field: "plan_id", "must be letters, digits, _ or -")
        }
        next.description = input.description?.text ?? description
        next.isDefault = input.is_default ?? isDefault
        next.isActive = input.is_active ?? isActive
        next.pricePerKWh = input.price_per_kwh.map { Int64($0.number) } ?? pricePerKWh
        next.pricePerHour = input.price_per_hour.map { Int64($0.number) } ?? pricePerHour
        next.freeMinutes = input.free_minutes.map { Int32($0.number) } ?? freeMinutes
        next.start = try Self.minutes(input.start_time, "start_time", before: start)
        next.end = try Self.minutes(input.end_time, "end_time", before: end)
        guard (next.start == nil) == (next.end == nil) else {
            throw .invalid(field: "non_field_errors", "start_time and end_time belong together")
        }
        self = next
    }

    private static func minutes(_ text: String?, _ field: String, before: Int16?) throws(BillingRefusal)
        -> Int16?
    {
        guard let text else { return before }
        guard !text.isEmpty else { return nil }
        guard let time = TimeOfDay(text) else {
            throw .invalid(field: field, "must be a time of day such as 22:30")
        }
        return Int16(time.minutes)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }
}

extension Query where Result == [PlanBody] {
    static func plans(named planID: String?, isActive: Bool?) -> Self {
        """
        SELECT \(raw: PlanBody.columns) FROM billing.plan
        WHERE deleted_at IS NULL AND (\(planID as String?)::text IS NULL OR plan_id = \(planID as String?))
            AND (\(isActive as Bool?)::boolean IS NULL OR is_active = \(isActive as Bool?))
        ORDER BY id
        """
    }
}

extension Query where Result == PlanBody? {
    static func plan(_ id: Int64) -> Self {
        "SELECT \(raw: PlanBody.columns) FROM billing.plan WHERE id = \(id) AND deleted_at IS NULL"
    }

    static func holdPlan(_ id: Int64) -> Self {
        "SELECT \(raw: PlanBody.columns) FROM billing.plan WHERE id = \(id) AND deleted_at IS NULL FOR UPDATE"
    }
}

extension Query where Result == Int64 {
    static func enter(_ plan: StoredPlan) -> Self {
        """
        INSERT INTO billing.plan (plan_id, description, is_default, is_active, price_per_kwh, price_per_hour, free_minutes,
            start_minute, end_minute)
        VALUES (\(plan.planID), \(plan.description), \(plan.isDefault), \(plan.isActive), \(plan.pricePerKWh),
            \(plan.pricePerHour), \(plan.freeMinutes), \(plan.start as Int16?), \(plan.end as Int16?))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ plan: StoredPlan, as id: Int64) -> Self {
        """
        UPDATE billing.plan
        SET plan_id = \(plan.planID), description = \(plan.description), is_default = \(plan.isDefault),
            is_active = \(plan.isActive), price_per_kwh = \(plan.pricePerKWh), price_per_hour = \(plan.pricePerHour),
            free_minutes = \(plan.freeMinutes), start_minute = \(plan.start as Int16?), end_minute = \(plan.end as Int16?)
        WHERE id = \(id)
        """
    }

    /// Exactly one row is the default.
    static var clearDefaultPlan: Self {
        "UPDATE billing.plan SET is_default = false WHERE is_default AND deleted_at IS NULL"
    }

    static func hidePlan(_ id: Int64, at now: Date) -> Self {
        "UPDATE billing.plan SET deleted_at = \(now), is_active = false WHERE id = \(id)"
    }

    /// Exists from the first start on and is never overwritten by a later one.
    static func offerDefaultPlan(perKWh: Int64, perHour: Int64) -> Self {
        """
        INSERT INTO billing.plan (plan_id, description, is_default, price_per_kwh, price_per_hour)
        SELECT 'default', 'Default plan', true, \(perKWh), \(perHour)
        WHERE NOT EXISTS (SELECT FROM billing.plan WHERE is_default AND deleted_at IS NULL)
        ON CONFLICT DO NOTHING
        """
    }
}

extension Query where Result == Bool {
    static func isAssigned(_ planID: String) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM accounts_view.account WHERE payment_plan = \(planID) AND NOT is_deleted
        )
        """
    }
}
