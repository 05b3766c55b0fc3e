import Contracts
import Core
import Crypto
import HTTP
import Outbound
import Settings

/// Redsys, who charges cards for most banks of Spain: cards are entered on its own page, from which a token stays with us, and
/// charged by that token afterwards. An order has one number with us and with Redsys, who charges no number twice.
struct Redsys: PaymentProvider {
    private let settings: RedsysSettings
    private let currency: String
    private let seal: RedsysSeal
    private let outbound: Outbound

    /// In which the answer to a charge comes, or nobody knows.
    private static let patience = Duration.seconds(30)

    /// Throws: `BadRedsysKey`.
    init(_ settings: RedsysSettings, currency: String, outbound: Outbound = Outbound()) throws(BadRedsysKey) {
        guard let secret = settings.secretKey, let seal = RedsysSeal(secret) else { throw BadRedsysKey() }
        self.settings = settings
        self.currency = currency
        self.seal = seal
        self.outbound = outbound
    }

    private func fields(_ order: ID<PaymentOrder>, _ type: RedsysOperation.Kind, amount: Int64) -> [String:
        String]
    {
        [
            "DS_MERCHANT_ORDER": "\(order)", "DS_MERCHANT_AMOUNT": "\(amount)",
            "DS_MERCHANT_CURRENCY": currency, "DS_MERCHANT_MERCHANTCODE": settings.merchantCode,
            "DS_MERCHANT_TERMINAL": settings.terminal, "DS_MERCHANT_TRANSACTIONTYPE": type.rawValue,
        ]
    }

    func charge(_ order: StoredOrder) async throws(ProviderAway) -> PaymentResult {
        try await take(
            .payment, order.id, order.amount.minorUnits, from: order.identifier, reference: order.reference)
    }

    func hold(_ hold: CardHold) async throws(ProviderAway) -> PaymentResult {
        try await take(
            .preauthorisation, hold.id, hold.amount.minorUnits, from: hold.identifier,
            reference: hold.reference)
    }

    /// Without the cardholder, as the token's first payment allowed.
    private func take(
        _ kind: RedsysOperation.Kind, _ order: ID<PaymentOrder>, _ amount: Int64, from card: String,
        reference: String
    ) async throws(ProviderAway) -> PaymentResult {
        var fields = fields(order, kind, amount: amount)
        fields["DS_MERCHANT_IDENTIFIER"] = card
        fields["DS_MERCHANT_DIRECTPAYMENT"] = "true"
        fields["DS_MERCHANT_EXCEP_SIT"] = "MIT"
        fields["DS_MERCHANT_COF_INI"] = "N"
        fields["DS_MERCHANT_COF_TYPE"] = "C"
        if !reference.isEmpty { fields["DS_MERCHANT_COF_TXNID"] = reference }
        switch try await send(fields, of: order) {
        case .said(let result): return result
        case .error(let code) where Self.cardErrors.contains(code): return PaymentResult(code: code)
        // The number was used before: what became of it is asked, and nothing is charged anew.
        case .error("SIS0051"): throw .timedOut
        // Our own settings are wrong, or theirs are: the card is not to blame, and nothing was charged.
        case .error: throw .unreachable
        }
    }

    /// Redsys confirms a number once; what is confirmed below what was held frees the rest.
    func capture(_ order: StoredOrder) async throws(ProviderAway) -> PaymentResult {
        let fields = fields(order.id, .confirmation, amount: order.amount.minorUnits)
        switch try await send(fields, of: order.id) {
        case .said(let result): return result
        // Confirmed before.
        case .error("SIS0060"): throw .timedOut
        case .error(let code): return PaymentResult(code: code)
        }
    }

    func release(_ hold: CardHold) async throws(ProviderAway) -> PaymentResult {
        let fields = fields(hold.id, .cancellation, amount: hold.amount.minorUnits)
        switch try await send(fields, of: hold.id) {
        case .said(let result): return result
        case .error(let code): return PaymentResult(code: code)
        }
    }

    /// The card or its token is no good: expired, not of this shop, not known.
    private static let cardErrors: Set<String> = [
        "SIS0071", "SIS0093", "SIS0094", "SIS0319", "SIS0321", "SIS0322",
    ]

    func outcome(of order: StoredOrder) async throws(ProviderAway) -> PaymentResult? {
        try await outcome(order.isCapture ? .confirmation : .payment, of: order.id)
    }

    func outcome(of hold: CardHold) async throws(ProviderAway) -> PaymentResult? {
        try await outcome(.preauthorisation, of: hold.id)
    }

    private func outcome(_ kind: RedsysOperation.Kind, of order: ID<PaymentOrder>) async throws(ProviderAway)
        -> PaymentResult?
    {
        let done = try await operations(of: order).filter { $0.kind == kind }
        if let good = done.first(where: {
            kind == .confirmation ? $0.result.isRefunded : $0.result.isApproved
        }) {
            return good.result
        }
        // Still under way there.
        guard done.allSatisfy(\.isFinished) else { throw .timedOut }
        return done.last?.result
    }

    /// Redsys counts no refunds: what is asked again is looked for first, among those that nobody has booked yet.
    func refund(_ refund: StoredRefund, of order: StoredOrder) async throws(ProviderAway) -> PaymentResult {
        if refund.isRepeated {
            let alike = try await operations(of: order.id).filter {
                $0.kind == .refund && $0.result.isRefunded && $0.amount == refund.amount
            }
            if alike.count > refund.bookedAlike, let own = alike.last { return own.result }
        }
        switch try await send(fields(order.id, .refund, amount: refund.amount), of: order.id) {
        case .said(let result): return result
        case .error(let code): return PaymentResult(code: code)
        }
    }

    private enum Answer {
        case said(PaymentResult)
        /// Before any bank was asked.
        case error(String)
    }

    private struct Envelope: Decodable {
        var Ds_MerchantParameters: String?
        var Ds_Signature: String?
        var errorCode: String?
    }

    private func send(_ fields: [String: String], of order: ID<PaymentOrder>) async throws(ProviderAway)
        -> Answer
    {
        guard let envelope = try? seal.envelope(fields, of: "\(order)") else { throw .unreachable }
        let body = JSONWriter.encode(JSONValue.object(envelope.mapValues { .string($0) }))
        let answer = try await post(
            "sis/rest/trataPeticionREST", body, [("Content-Type", "application/json")])
        guard let told = try? JSONReader.decode(Envelope.self, from: answer, rules: .api) else {
            throw .timedOut
        }
        if let code = told.errorCode { return .error(code) }
        guard let parameters = told.Ds_MerchantParameters, let signature = told.Ds_Signature,
            let said = seal.open(parameters, signature: signature), said.order == "\(order)"
        else { throw .timedOut }
        return .said(said.result)
    }

    private func operations(of order: ID<PaymentOrder>) async throws(ProviderAway) -> [RedsysOperation] {
        let query = RedsysQuery(
            order: "\(order)", merchantCode: settings.merchantCode, terminal: settings.terminal)
        guard let body = try? query.envelope(seal) else { throw .unreachable }
        let answer = try await post(
            "apl02/services/SerClsWSConsulta", body,
            [("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", "consultaOperaciones")])
        guard let found = RedsysQuery.operations(in: String(decoding: answer, as: UTF8.self)) else {
            throw .timedOut
        }
        return found.filter { $0.order == query.order }
    }

    /// Whatever comes back without a 200 may have been done.
    private func post(_ path: String, _ body: [UInt8], _ headers: [(name: String, value: String)])
        async throws(ProviderAway) -> [UInt8]
    {
        var request = OutboundRequest(.post, "\(settings.url)/\(path)", timeout: Self.patience)
        (request.headers, request.body) = (headers, body)
        let answer: OutboundResponse
        do throws(OutboundFailure) {
            answer = try await outbound.send(request)
        } catch {
            switch error {
            case .unreachable, .notTrusted, .malformed, .overloaded, .notAuthenticated: throw .unreachable
            case .timedOut, .tooLarge, .refused, .cancelled, .broken: throw .timedOut
            }
        }
        guard answer.status == 200 else { throw .timedOut }
        return answer.body
    }

    func page(for order: StoredOrder, base: String) throws -> PaymentPage {
        var fields = fields(order.id, .payment, amount: order.amount.minorUnits)
        fields["DS_MERCHANT_MERCHANTURL"] = "\(base)/api/v1/payment/notify"
        fields["DS_MERCHANT_URLOK"] = order.returnOK ?? base
        fields["DS_MERCHANT_URLKO"] = order.returnKO ?? base
        fields["DS_MERCHANT_PRODUCTDESCRIPTION"] = String(order.description.prefix(125))
        if order.identifier.isEmpty {
            // A token is made, for charges without the cardholder.
            fields["DS_MERCHANT_IDENTIFIER"] = "REQUIRED"
            fields["DS_MERCHANT_COF_INI"] = "S"
            fields["DS_MERCHANT_COF_TYPE"] = "C"
        } else {
            fields["DS_MERCHANT_IDENTIFIER"] = order.identifier
        }
        return PaymentPage(
            url: "\(settings.url)/sis/realizarPago", fields: try seal.envelope(fields, of: "\(order.id)"))
    }

    /// A form of three fields.
    func notice(_ body: [UInt8], signature: String?) -> PaymentNotice? {
        let pairs = PercentCoding.pairs(String(decoding: body, as: UTF8.self)) ?? []
        let form = Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard form["Ds_SignatureVersion"] == RedsysSeal.version,
            let parameters = form["Ds_MerchantParameters"], let signature = form["Ds_Signature"],
            let told = seal.open(parameters, signature: signature),
            told.merchantCode == settings.merchantCode, told.currency == currency,
            let number = Int64(told.order), let amount = told.amount.flatMap({ Int64($0) }), amount >= 0
        else { return nil }
        return PaymentNotice(
            order: ID(number), result: told.result,
            identifier: told.identifier.flatMap { $0.isEmpty ? nil : $0 },
            amount: amount, reference: told.reference ?? "",
            expiry: told.expiry.flatMap { $0.utf8.count == 4 ? "\($0.suffix(2))/\($0.prefix(2))" : nil })
    }

    /// Four digits, however many were written.
    static func result(_ code: String) -> PaymentResult {
        PaymentResult(code: String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code)
    }
}

/// REDSYS_SECRET_KEY is no key.
struct BadRedsysKey: Error, CustomStringConvertible {
    let description = "REDSYS_SECRET_KEY must be 24 bytes in base 64, as the bank shows it"
}
