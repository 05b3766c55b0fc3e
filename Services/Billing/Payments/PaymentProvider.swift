import Contracts
import Core

/// Whoever charges cards. A provider is asked outside every transaction; its answer is written down by `CompleteOrder` and
/// `RefundOrder`.
protocol PaymentProvider: Sendable {
    /// Throws: `ProviderAway`.
    func charge(_ order: StoredOrder) async throws(ProviderAway) -> PaymentResult

    /// Keeps money on a card, under the number of the order that may capture it. Throws: `ProviderAway`.
    func hold(_ hold: CardHold) async throws(ProviderAway) -> PaymentResult

    /// Whether a hold whose answer never came was placed; nil when the provider has never heard of it. Throws: `ProviderAway`.
    func outcome(of hold: CardHold) async throws(ProviderAway) -> PaymentResult?

    /// Charges what was held under the order's number, or less, and frees the rest. Asked twice it charges once. Throws:
    /// `ProviderAway`.
    func capture(_ order: StoredOrder) async throws(ProviderAway) -> PaymentResult

    /// Frees what is held. Asked twice it says no the second time, which changes nothing. Throws: `ProviderAway`.
    func release(_ hold: CardHold) async throws(ProviderAway) -> PaymentResult

    /// What became of an order whose answer never came; nil when the provider has never heard of it, and so never will charge.
    ///
    /// Throws: `ProviderAway`.
    func outcome(of order: StoredOrder) async throws(ProviderAway) -> PaymentResult?

    /// Asked twice under one refund's number it gives back once. Throws: `ProviderAway`.
    func refund(_ refund: StoredRefund, of order: StoredOrder) async throws(ProviderAway) -> PaymentResult

    /// Where a person enters a card, and with which fields.
    func page(for order: StoredOrder, base: String) throws -> PaymentPage

    /// What a notification says; nil when it was not written by who holds the key.
    ///
    /// - Parameter signature: of the header `X-Signature`, for those that sign there.
    func notice(_ body: [UInt8], signature: String?) throws -> PaymentNotice?
}

/// The provider gave no answer.
enum ProviderAway: Error, Equatable {
    /// It was never reached: nothing was charged.
    case unreachable
    /// It may have charged: the order stays open, and the provider is asked what became of it.
    case timedOut
}

/// What a provider said: its code, of four digits.
struct PaymentResult: Equatable, Sendable {
    let code: String

    /// Our word, of an order that the provider has never heard of.
    static let unheard = PaymentResult(code: "closed without response")

    /// Four digits: a provider's word, not ours.
    var isCode: Bool { code.utf8.count == 4 && code.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// 0000–0099.
    var isApproved: Bool { isCode && code.hasPrefix("00") }

    /// Given back, or captured: 0900 stands for both.
    var isRefunded: Bool { code == "0900" || isApproved }
}

/// What a provider tells of an order by itself.
struct PaymentNotice: Equatable, Sendable {
    var order: ID<PaymentOrder>
    var result: PaymentResult
    /// The card's token, where a person entered a card.
    var identifier: String?
    /// What was paid, where it is said.
    var amount: Int64?
    /// By which the networks know the card's first payment.
    var reference = ""
    /// `MM/YY`
    var expiry: String?
}

struct PaymentPage: Sendable {
    let url: String
    let fields: [String: String]
}
