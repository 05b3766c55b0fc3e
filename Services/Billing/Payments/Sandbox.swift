import Contracts
import Core
import Crypto
import Settings

/// A provider without money, for trying things out and for tests: what it says follows from the card's identifier. `fail_…`
/// is refused, `down_…` cannot be reached, `slow_…` gives no answer in time. Who asks later what became of it hears that
/// `slow_…` was approved, `slow_fail_…` refused, and `slow_lost_…` never heard of. What is held for `late_…` is captured without an answer
/// and what is held for `lapsed_…` cannot be captured any more.
struct Sandbox: PaymentProvider {
    private enum Key: Sendable {
        case given([UInt8])
        case derived(SymmetricKey)
    }

    private let key: Key

    /// Throws: `CryptoFailure`.
    init(_ settings: BillingSettings) throws {
        if let secret = settings.payments.sandboxSecret {
            key = .given(secret.reveal { Array($0.utf8) })
        } else {
            let ring = try settings.secretKey.reveal { try KeyRing(secretKey: $0) }
            key = .derived(try ring.key(for: .paymentNotifications))
        }
    }

    func charge(_ order: StoredOrder) async throws(ProviderAway) -> PaymentResult {
        if order.identifier.hasPrefix("down_") { throw .unreachable }
        if order.identifier.hasPrefix("slow_") { throw .timedOut }
        return PaymentResult(code: order.identifier.hasPrefix("fail_") ? "0190" : "0000")
    }

    func hold(_ hold: CardHold) async throws(ProviderAway) -> PaymentResult {
        if hold.identifier.hasPrefix("down_") { throw .unreachable }
        if hold.identifier.hasPrefix("slow_") { throw .timedOut }
        return PaymentResult(code: hold.identifier.hasPrefix("fail_") ? "0190" : "0000")
    }

    func outcome(of hold: CardHold) async throws(ProviderAway) -> PaymentResult? {
        if hold.identifier.hasPrefix("slow_lost_") { return nil }
        return PaymentResult(code: hold.identifier.hasPrefix("slow_fail_") ? "0190" : "0000")
    }

    func capture(_ order: StoredOrder) async throws(ProviderAway) -> PaymentResult {
        if order.identifier.hasPrefix("late_") { throw .timedOut }
        return PaymentResult(code: order.identifier.hasPrefix("lapsed_") ? "0190" : "0900")
    }

    func release(_ hold: CardHold) async throws(ProviderAway) -> PaymentResult {
        PaymentResult(code: "0400")
    }

    func outcome(of order: StoredOrder) async throws(ProviderAway) -> PaymentResult? {
        if order.isCapture { return PaymentResult(code: "0900") }
        if order.identifier.hasPrefix("slow_lost_") { return nil }
        return PaymentResult(code: order.identifier.hasPrefix("slow_fail_") ? "0190" : "0000")
    }

    /// One that gives no answer the first time gives it to who asks again.
    func refund(_ refund: StoredRefund, of order: StoredOrder) async throws(ProviderAway) -> PaymentResult {
        if order.identifier.hasPrefix("down_") { throw .unreachable }
        if order.identifier.hasPrefix("slow_"), !refund.isRepeated { throw .timedOut }
        return PaymentResult(code: order.identifier.hasPrefix("keep_") ? "0190" : "0900")
    }

    func page(for order: StoredOrder, base: String) -> PaymentPage {
        PaymentPage(
            url: "\(base)/api/v1/payment/sandbox/\(order.id)",
            fields: [
                "order": "\(order.id)", "amount": "\(order.amount.minorUnits)",
                "currency": order.amount.currency.code,
            ])
    }

    /// JSON, signed in a header.
    private struct Notification: Codable {
        var order: ID<PaymentOrder>
        var result: Text<1, 20>
        var identifier: Text<1, 255>?
    }

    /// Throws: `JSONFailure`.
    func notice(_ body: [UInt8], signature: String?) throws -> PaymentNotice? {
        guard isGenuine(body, signature: signature ?? "") else { return nil }
        let told = try JSONReader.decode(Notification.self, from: body, rules: .api)
        return PaymentNotice(
            order: told.order, result: PaymentResult(code: told.result.text),
            identifier: told.identifier?.text)
    }

    private func isGenuine(_ message: [UInt8], signature: String) -> Bool {
        guard let claimed = Hex.bytes(signature.lowercased()) else { return false }
        let own =
            switch key {
            case .given(let bytes): HMAC.sha256(message, key: bytes)
            case .derived(let key): HMAC.sha256(message, key: key)
            }
        return equalInConstantTime(claimed, own)
    }
}
