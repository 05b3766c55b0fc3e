import Core
import FoundationEssentials

/// An order, as the API shows it (api.md 4.9).
struct OrderBody: Codable, Equatable, Sendable {
    /// 0 for none.
    var transaction_id: Int64
    var order: Int64
    var user_id: Int64
    var user_name: String
    var amount: Int64
    var currency: String
    var description: String
    var identifier: String
    var is_completed: Bool
    var result: String
    var date: String
    var time_opened: Date
    var time_closed: Date
    var refund_amount: Int64
    var refund_time: Date
    var kind: String
    var form_url: String?
    var form_fields: [String: String]?

    /// - Parameter caller: others than the card's owner do not see its identifier.
    init(_ order: StoredOrder, for caller: Int64) {
        transaction_id = order.session?.number ?? 0
        self.order = order.id.number
        user_id = order.user.number
        user_name = order.username
        amount = order.amount.minorUnits
        currency = order.amount.currency.code
        description = order.description
        identifier = order.user.number == caller ? order.identifier : ""
        is_completed = order.isCompleted
        result = order.result
        date = String(Timestamp.text(order.openedAt).prefix(10))
        time_opened = order.openedAt
        time_closed = order.closedAt ?? .never
        refund_amount = order.refunded
        refund_time = order.refundedAt ?? .never
        kind = order.kind.rawValue
    }
}
