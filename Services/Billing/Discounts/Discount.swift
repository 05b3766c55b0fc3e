import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// A discount code, as the API shows it (api.md 4.9).
struct DiscountBody: Codable, Equatable, Sendable {
    var id: Int64
    var code: String
    var value: Percent
    @OrNull var expires_at: Date?
    @OrNull var max_uses: Int?
    var usage_count: Int
    /// Sessions that hold a use of it and are not settled yet.
    var reserved_count: Int
    @OrNull var user_id: Int64?
    var created_at: Date
}

extension DiscountBody: RowDecodable {
    /// The uses that unsettled sessions hold are counted, not stored: a start needs nothing from billing.
    static let columns: StaticString = """
        code.id, code.code, code.percent_hundredths, code.expires_at, code.max_uses, code.usage_count, (
            SELECT count(*) FROM gateway_view.session AS charge
            WHERE charge.discount_code = code.code AND NOT EXISTS (
                SELECT FROM billing.settled_session AS settled WHERE settled.session_id = charge.session_id)),
        code.user_id, code.created_at
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        code = try cells.next()
        value = Percent(hundredths: Int64(try cells.next(Int32.self)))
        expires_at = try cells.next()
        max_uses = try cells.next(Int32?.self).map { Int($0) }
        usage_count = Int(try cells.next(Int32.self))
        reserved_count = Int(try cells.next(Int64.self))
        user_id = try cells.next()
        created_at = try cells.next()
    }

    /// Whether a start by this person could use it now.
    func isUsable(by user: ID<User>, at now: Date) -> Bool {
        guard user_id == nil || user_id == user.number, expires_at.map({ $0 > now }) ?? true else {
            return false
        }
        return max_uses.map { usage_count + reserved_count < $0 } ?? true
    }
}

/// A code before it is stored, or what one becomes.
struct NewDiscount: Equatable, Sendable {
    var code: String
    var hundredths: Int32
    var expiresAt: Date?
    var maxUses: Int32?
    var user: ID<User>?
}

extension Query where Result == DiscountBody? {
    static func discount(_ id: Int64) -> Self {
        "SELECT \(raw: DiscountBody.columns) FROM billing.discount AS code WHERE code.id = \(id) AND code.deleted_at IS NULL"
    }

    static func discount(named code: String) -> Self {
        """
        SELECT \(raw: DiscountBody.columns) FROM billing.discount AS code
        WHERE code.code = \(code) AND code.deleted_at IS NULL
        """
    }

    static func holdDiscount(_ id: Int64) -> Self {
        """
        SELECT \(raw: DiscountBody.columns) FROM billing.discount AS code
        WHERE code.id = \(id) AND code.deleted_at IS NULL
        FOR UPDATE OF code
        """
    }
}

extension Query where Result == [DiscountBody] {
    static func discounts(named code: String?, limit: Int, offset: Int, descending: Bool) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            SELECT \(raw: DiscountBody.columns) FROM billing.discount AS code
            WHERE code.deleted_at IS NULL AND (\(code as String?)::text IS NULL OR code.code = \(code as String?))
            ORDER BY code.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == Int64 {
    static func countDiscounts(named code: String?) -> Self {
        """
        SELECT count(*) FROM billing.discount
        WHERE deleted_at IS NULL AND (\(code as String?)::text IS NULL OR code = \(code as String?))
        """
    }

    static func enter(_ discount: NewDiscount, at now: Date) -> Self {
        """
        INSERT INTO billing.discount (code, percent_hundredths, expires_at, max_uses, user_id, created_at)
        VALUES (\(discount.code), \(discount.hundredths), \(discount.expiresAt as Date?), \(discount.maxUses as Int32?),
            \(discount.user as ID<User>?), \(now))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ discount: NewDiscount, as id: Int64) -> Self {
        """
        UPDATE billing.discount
        SET code = \(discount.code), percent_hundredths = \(discount.hundredths),
            expires_at = \(discount.expiresAt as Date?), max_uses = \(discount.maxUses as Int32?),
            user_id = \(discount.user as ID<User>?)
        WHERE id = \(id)
        """
    }
}

extension Query where Result == RowCount {
    /// Uses that sessions hold stay valid: they have a copy of the value.
    static func hideDiscount(_ id: Int64, at now: Date) -> Self {
        "UPDATE billing.discount SET deleted_at = \(now) WHERE id = \(id) AND deleted_at IS NULL"
    }
}
