import Contracts
import Core
import FoundationEssentials
import Postgres

/// A row of a payment plan, as billing publishes it (api.md 4.9).
struct PlanBody: Codable, Equatable, Sendable {
    var id: Int64
    var plan_id: String
    var description: String
    var is_default: Bool
    var is_active: Bool
    var price_per_kwh: Int64
    var price_per_hour: Int64
    var free_minutes: Int
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

    private static func text(_ minutes: Int16?) -> String {
        minutes.flatMap { TimeOfDay(minutes: Int($0))?.text } ?? ""
    }
}

/// A card, as its owner sees it (api.md 4.9).
struct MethodBody: Codable, Equatable, Sendable {
    /// Empty for everybody but its owner: who knows it could pay with it.
    var identifier: String
    var card_number: String
    var card_brand: String
    /// `MM/YY`; empty where it has none.
    var expiry_date: String
    var is_default: Bool
    var fail_count: Int
    var user_id = ""
    var user_name = ""

    func shown(for owner: Account, isOwn: Bool) -> MethodBody {
        var body = self
        body.user_id = owner.hex
        body.user_name = owner.username
        if !isOwn { body.identifier = "" }
        return body
    }
}

extension MethodBody: RowDecodable {
    init(_ cells: inout Cells) throws {
        identifier = try cells.next()
        card_number = try cells.next()
        card_brand = try cells.next()
        expiry_date = try cells.next()
        fail_count = Int(try cells.next(Int32.self))
        is_default = try cells.next()
    }
}

extension Query where Result == [PlanBody] {
    static func plans(named plan: String) -> Self {
        """
        SELECT plan_row_id, plan_id, description, is_default, is_active, price_per_kwh, price_per_hour, free_minutes,
            start_minute, end_minute
        FROM billing_view.plan
        WHERE plan_id = \(plan)
        ORDER BY plan_row_id
        LIMIT 100
        """
    }
}

extension Query where Result == Bool {
    static func planExists(_ plan: String) -> Self {
        "SELECT EXISTS (SELECT FROM billing_view.plan WHERE plan_id = \(plan))"
    }
}

extension Query where Result == [MethodBody] {
    static func methods(of user: ID<User>) -> Self {
        """
        SELECT identifier, card_number, card_brand, coalesce(to_char(expires_on, 'MM/YY'), ''), fail_count, is_default
        FROM billing_view.card
        WHERE user_id = \(user)
        ORDER BY added_at, method_id
        LIMIT 100
        """
    }
}
