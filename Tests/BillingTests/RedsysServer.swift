import Core
import Crypto
import FoundationEssentials
import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing

/// A server on this machine that behaves as Redsys does: it charges tokens, gives back, knows what was done under a number, and
/// refuses a number that it has charged. What it does is said by the token: `no…` is refused; the answer about `mute…` never
/// comes although it was charged; `lost…` never arrives.
final class RedsysServer: Sendable {
    struct Operation: Equatable, Sendable {
        var order: String
        var type: String
        var amount: String
        var response: String
    }

    struct Envelope: Codable, Sendable {
        var Ds_SignatureVersion: String
        var Ds_MerchantParameters: String
        var Ds_Signature: String
    }

    static let secret = "sq7HjrUOBfKmC576ILgskD5srU870gJ7"
    static let merchant = "999008881"

    private struct Away: Error {}

    let done = Mutex<[Operation]>([])
    let asked = Mutex<[[String: JSONValue]]>([])
    /// Questions about what was done; none is answered while it is silent.
    let questions = Mutex(0)
    let isSilent = Mutex(false)
    /// What to do with the next refund.
    let refund = Mutex(Fate.answered)
    /// What to do with the next confirmation of a hold.
    let confirmation = Mutex(Fate.answered)

    enum Fate: Sendable {
        case answered, mute, lost
    }

    static func environment(_ url: String) -> [String: String] {
        [
            "PAYMENT_PROVIDER": "redsys", "REDSYS_MERCHANT_CODE": merchant, "REDSYS_SECRET_KEY": secret,
            "REDSYS_URL": url,
        ]
    }

    /// Billing, with this server to charge cards.
    static func open(
        _ environment: [String: String] = [:],
        _ body: @Sendable @escaping (BillingHouse, RedsysServer) async throws -> Void
    ) async throws {
        let redsys = RedsysServer()
        let charge = Route(.post, "/sis/rest/trataPeticionREST") {
            (call: Call<None, None, Envelope>) async throws -> OK<JSONValue> in
            OK(try redsys.take(call.body))
        }
        let query = Route(.post, "/apl02/services/SerClsWSConsulta") {
            (call: Call<None, None, None>) async throws -> Download<XMLFile> in
            let answer = try redsys.tell(String(decoding: call.request.body, as: UTF8.self))
            return Download(Array(answer.utf8), type: "text/xml", fileName: "answer.xml")
        }
        let dispatcher = Dispatcher(
            routes: [charge.openToAnyCredential, query.openToAnyCredential], credentials: NoCredentials(),
            rules: Dispatcher.Rules(), finished: { _ in })
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let server = try await HTTPServer.start(dispatcher, at: address, on: TestLoops.shared)
        let own = Self.environment("http://127.0.0.1:\(server.address.port)")
        let outcome: Result<Void, any Error>
        do {
            try await BillingHouse.open(own.merging(environment) { $1 }) { try await body($0, redsys) }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        await server.stop(within: .seconds(1))
        try outcome.get()
    }

    static func sign(_ text: String, of order: String) throws -> String {
        let key = try #require(Base64.standard.bytes(secret))
        return Base64.standard.text(
            HMAC.sha256(Array(text.utf8), key: try TripleDES.encrypt(Array(order.utf8), key: key)))
    }

    /// What it tells by itself of an order that was paid on its page.
    static func notice(of order: Int64, paid amount: String) throws -> [UInt8] {
        let told: JSONValue = [
            "Ds_Order": .string("\(order)"), "Ds_Response": "0000", "Ds_Amount": .string(amount),
            "Ds_Currency": "978",
            "Ds_MerchantCode": .string(merchant), "Ds_TransactionType": "0",
        ]
        let text = Base64.standard.text(JSONWriter.encode(told))
        func coded(_ text: String) -> String {
            text.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
        }
        let signature = coded(try sign(text, of: "\(order)"))
        return Array(
            "Ds_SignatureVersion=HMAC_SHA256_V1&Ds_MerchantParameters=\(coded(text))&Ds_Signature=\(signature)"
                .utf8)
    }

    static func fields(_ parameters: String) throws -> [String: JSONValue] {
        let bytes = try #require(Base64.standard.bytes(parameters))
        guard case .object(let fields) = try JSONReader.decode(JSONValue.self, from: bytes) else {
            throw Away()
        }
        return fields
    }

    private func take(_ envelope: Envelope) throws -> JSONValue {
        let fields = try Self.fields(envelope.Ds_MerchantParameters)
        guard let order = fields["DS_MERCHANT_ORDER"]?.text, let amount = fields["DS_MERCHANT_AMOUNT"]?.text,
            let type = fields["DS_MERCHANT_TRANSACTIONTYPE"]?.text
        else { return ["errorCode": "SIS0007"] }
        guard try Self.sign(envelope.Ds_MerchantParameters, of: order) == envelope.Ds_Signature else {
            return ["errorCode": "SIS0042"]
        }
        guard fields["DS_MERCHANT_MERCHANTCODE"]?.text == Self.merchant else {
            return ["errorCode": "SIS0026"]
        }
        asked.withLock { $0.append(fields) }
        let token = fields["DS_MERCHANT_IDENTIFIER"]?.text ?? ""
        let fate: Fate =
            type == "3"
            ? refund.withLock { $0 }
            : type == "2"
                ? confirmation.withLock { $0 }
                : token.hasPrefix("mute") ? .mute : token.hasPrefix("lost") ? .lost : .answered
        if fate == .lost { throw Away() }
        let isRepeated = done.withLock { done in done.contains { $0.order == order && $0.type == "0" } }
        if type == "0", isRepeated { return ["errorCode": "SIS0051"] }
        if let error = complaint(type, order, amount) { return ["errorCode": .string(error)] }
        let usual = ["2": "0900", "3": "0900", "9": "0400"][type] ?? "0000"
        let response = token.hasPrefix("no") ? "0190" : usual
        done.withLock {
            $0.append(Operation(order: order, type: type, amount: amount, response: response))
        }
        if fate == .mute { throw Away() }
        let told: JSONValue = [
            "Ds_Order": .string(order), "Ds_Response": .string(response), "Ds_Amount": .string(amount),
            "Ds_Currency": "978", "Ds_MerchantCode": .string(Self.merchant),
            "Ds_TransactionType": .string(type),
        ]
        let text = Base64.standard.text(JSONWriter.encode(told))
        return [
            "Ds_SignatureVersion": "HMAC_SHA256_V1", "Ds_MerchantParameters": .string(text),
            "Ds_Signature": .string(try Self.sign(text, of: order)),
        ]
    }

    /// What is confirmed or cancelled must have been authorised, once, for no less.
    private func complaint(_ type: String, _ order: String, _ amount: String) -> String? {
        guard type == "2" || type == "9" else { return nil }
        let known = done.withLock { done in done.filter { $0.order == order } }
        guard let held = known.first(where: { $0.type == "1" && $0.response == "0000" }) else {
            return "SIS0059"
        }
        guard !known.contains(where: { $0.type == "2" || $0.type == "9" }) else { return "SIS0060" }
        let isMore = (Int64(amount) ?? 0) > (Int64(held.amount) ?? 0)
        return isMore ? "SIS0062" : nil
    }

    private func tell(_ envelope: String) throws -> String {
        questions.withLock { $0 += 1 }
        if isSilent.withLock({ $0 }) { throw Away() }
        func part(_ name: String) throws -> String {
            let rest = envelope.split(separator: "<\(name)>", maxSplits: 1).last ?? ""
            return String(try #require(rest.split(separator: "</\(name)>", maxSplits: 1).first))
        }
        let order = try part("Ds_Order")
        let version =
            "<Version Ds_Version=\"0.0\">\(try part("Version Ds_Version=\"0.0\"").split(separator: "</Version>")[0])</Version>"
        guard try Self.sign(version, of: order) == part("Signature") else { throw Away() }
        let found = done.withLock { done in done.filter { $0.order == order } }
        let inner =
            found.isEmpty
            ? "<ErrorMsg><Ds_ErrorCode>XML0024</Ds_ErrorCode></ErrorMsg>"
            : found.map {
                """
                <Response Ds_Version="0.0"><Ds_MerchantCode>\(Self.merchant)</Ds_MerchantCode><Ds_Terminal>1</Ds_Terminal>\
                <Ds_Order>\($0.order)</Ds_Order><Ds_TransactionType>\($0.type)</Ds_TransactionType>\
                <Ds_Amount>\($0.amount)</Ds_Amount><Ds_State>F</Ds_State><Ds_Response>\($0.response)</Ds_Response></Response>
                """
            }.joined()
        let text = "<Messages><Version Ds_Version=\"0.0\"><Message>\(inner)</Message></Version></Messages>"
            .replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
        return """
            <?xml version="1.0"?><soapenv:Envelope><soapenv:Body><consultaOperacionesResponse>\
            <consultaOperacionesReturn>\(text)</consultaOperacionesReturn></consultaOperacionesResponse>\
            </soapenv:Body></soapenv:Envelope>
            """
    }
}
