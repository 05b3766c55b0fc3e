import Contracts
import Core
import FoundationEssentials
import Postgres
import Tariff

/// A saved card, as it is stored.
struct StoredCard: Row, Sendable {
    var id: Int64
    var user: ID<User>
    var username: String
    var identifier: String
    var description: String
    var number: String
    var type: String
    var brand: String
    var country: String
    /// `MM/YY`, or empty.
    var expiry: String
    var isDefault: Bool
    var failures: Int32
    var reference: String

    static let columns = """
        card.id, card.user_id,
        coalesce((SELECT username FROM accounts_view.account AS buyer WHERE buyer.user_id = card.user_id), ''),
        card.identifier, card.description, card.card_number, card.card_type, card.card_brand, card.card_country,
        coalesce(to_char(card.expires_on, 'MM/YY'), ''), card.is_default, card.fail_count, card.merchant_cof_txnid
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        user = try cells.next()
        username = try cells.next()
        identifier = try cells.next()
        description = try cells.next()
        number = try cells.next()
        type = try cells.next()
        brand = try cells.next()
        country = try cells.next()
        expiry = try cells.next()
        isDefault = try cells.next()
        failures = try cells.next()
        reference = try cells.next()
    }

    var card: PaymentCard {
        PaymentCard(
            identifier: identifier, expiry: PaymentCard.Expiry(expiry), failures: Int(failures),
            isDefault: isDefault)
    }
}

/// A saved card, as its owner sees it (api.md 4.9).
struct CardBody: Codable, Equatable, Sendable {
    var description: String
    var identifier: String
    var card_number: String
    var card_type: String
    var card_brand: String
    var card_country: String
    var expiry_date: String
    var is_default: Bool
    var user_id: Int64
    var user_name: String
    var fail_count: Int
    var merchant_cof_txnid: String

    /// - Parameter caller: others than the owner do not see what it could be charged by; nil for the owner.
    init(_ card: StoredCard, for caller: Int64? = nil) {
        let isOwn = caller == nil || caller == card.user.number
        description = card.description
        identifier = isOwn ? card.identifier : ""
        card_number = card.number
        card_type = card.type
        card_brand = card.brand
        card_country = card.country
        expiry_date = card.expiry
        is_default = card.isDefault
        user_id = card.user.number
        user_name = card.username
        fail_count = Int(card.failures)
        merchant_cof_txnid = isOwn ? card.reference : ""
    }
}

/// What is written of a card.
struct NewCard: Sendable {
    var user: ID<User>
    var identifier: String
    var description = ""
    var number = ""
    var type = ""
    var brand = ""
    var country = ""
    /// The last day of its month.
    var expiresOn: CalendarDate?
    /// By which the networks know its first payment.
    var reference = ""

    static func lastDay(of expiry: PaymentCard.Expiry) -> CalendarDate? {
        let last = CalendarDay(daysSinceEpoch: Int(expiry.end.timeIntervalSince1970) / 86_400 - 1)
        return CalendarDate(year: last.year, month: last.month, day: last.day)
    }
}

extension Query where Result == [StoredCard] {
    static func cards(of user: ID<User>) -> Self {
        """
        SELECT \(columns: StoredCard.self) FROM billing.payment_method AS card
        WHERE card.user_id = \(user) AND card.deleted_at IS NULL
        ORDER BY card.added_at, card.id
        LIMIT 100
        """
    }
}

extension Query where Result == [StoredCard] {
    /// Also deleted ones: what a session was paid by stays to be seen.
    static func cards(numbered numbers: [Int64]) -> Self {
        """
        SELECT \(columns: StoredCard.self) FROM billing.payment_method AS card
        WHERE card.id = ANY(\(numbers))
        ORDER BY card.id
        """
    }
}

extension Query where Result == StoredCard? {
    static func card(_ identifier: String, of user: ID<User>) -> Self {
        """
        SELECT \(columns: StoredCard.self) FROM billing.payment_method AS card
        WHERE card.user_id = \(user) AND card.identifier = \(identifier) AND card.deleted_at IS NULL
        """
    }
}

extension Query where Result == ID<User>? {
    static func cardOwner(_ identifier: String) -> Self {
        "SELECT user_id FROM billing.payment_method WHERE identifier = \(identifier) AND deleted_at IS NULL"
    }
}

extension Query where Result == Bool {
    /// Whether an unfinished session is to be paid by this card.
    static func isNeeded(card: Int64) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM gateway_view.session WHERE payment_method_id = \(card) AND NOT is_finished)
        """
    }
}

extension Query where Result == RowCount {
    /// The first card of a person is the default one. No row when somebody has this card already.
    static func enter(_ card: NewCard, at now: Date) -> Self {
        """
        INSERT INTO billing.payment_method (user_id, identifier, description, card_number, card_type, card_brand, card_country,
            expires_on, merchant_cof_txnid, is_default, added_at)
        SELECT \(card.user), \(card.identifier), \(card.description), \(card.number), \(card.type), \(card.brand),
            \(card.country), \(card.expiresOn as CalendarDate?), \(card.reference),
            NOT EXISTS (SELECT FROM billing.payment_method
                WHERE user_id = \(card.user) AND is_default AND deleted_at IS NULL), \(now)
        ON CONFLICT (identifier) WHERE deleted_at IS NULL DO NOTHING
        """
    }
}

extension Query where Result == Void {
    /// One change of a person's cards at a time, so that one of them is the default.
    static func holdCards(of user: ID<User>) -> Self {
        "SELECT pg_advisory_xact_lock(8083, hashtext(\(user)::text))"
    }

    static func describe(card: Int64, _ text: String) -> Self {
        "UPDATE billing.payment_method SET description = \(text) WHERE id = \(card)"
    }

    static func clearDefaultCard(of user: ID<User>) -> Self {
        "UPDATE billing.payment_method SET is_default = false WHERE user_id = \(user) AND is_default AND deleted_at IS NULL"
    }

    static func makeDefault(card: Int64) -> Self {
        "UPDATE billing.payment_method SET is_default = true WHERE id = \(card)"
    }

    static func hide(card: Int64, at now: Date) -> Self {
        "UPDATE billing.payment_method SET deleted_at = \(now), is_default = false WHERE id = \(card)"
    }

    /// After the default was deleted: the one that was added last.
    static func makeNewestDefault(of user: ID<User>) -> Self {
        """
        UPDATE billing.payment_method SET is_default = true
        WHERE id = (
                SELECT id FROM billing.payment_method WHERE user_id = \(user) AND deleted_at IS NULL
                ORDER BY added_at DESC, id DESC LIMIT 1)
            AND NOT EXISTS (
                SELECT FROM billing.payment_method WHERE user_id = \(user) AND is_default AND deleted_at IS NULL)
        """
    }

    static func forgiveCard(_ identifier: String, of user: ID<User>) -> Self {
        """
        UPDATE billing.payment_method SET fail_count = 0
        WHERE user_id = \(user) AND identifier = \(identifier) AND deleted_at IS NULL AND fail_count > 0
        """
    }

    static func blameCard(_ identifier: String, of user: ID<User>) -> Self {
        """
        UPDATE billing.payment_method SET fail_count = fail_count + 1
        WHERE user_id = \(user) AND identifier = \(identifier) AND deleted_at IS NULL
        """
    }
}
