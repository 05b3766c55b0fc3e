import Core
import Crypto
import FoundationEssentials
import Settings

/// Redsys's signature HMAC_SHA256_V1: the shop's key encrypts the order's number, and that is the key of an HMAC over the
/// parameters as they are sent.
struct RedsysSeal: Sendable {
    static let version = "HMAC_SHA256_V1"

    private let key: [UInt8]

    /// Nil for what is no key of 24 bytes in base 64.
    init?(_ secret: Secret) {
        guard let key = secret.reveal({ Base64.standard.bytes($0) }), key.count == TripleDES.keyBytes else {
            return nil
        }
        self.key = key
    }

    func sign(_ text: String, of order: String) throws(CryptoFailure) -> String {
        Base64.standard.text(try mac(text, of: order))
    }

    private func mac(_ text: String, of order: String) throws(CryptoFailure) -> [UInt8] {
        HMAC.sha256(Array(text.utf8), key: try TripleDES.encrypt(Array(order.utf8), key: key))
    }

    /// What is sent with a request: the parameters, and who sends them.
    func envelope(_ fields: [String: String], of order: String) throws(CryptoFailure) -> [String: String] {
        let text = Base64.standard.text(JSONWriter.encode(JSONValue.object(fields.mapValues { .string($0) })))
        return [
            "Ds_SignatureVersion": Self.version, "Ds_MerchantParameters": text,
            "Ds_Signature": try sign(text, of: order),
        ]
    }

    /// What was sent to us; nil when it is not signed by who holds the key. Notifications write base 64 in the alphabet of URLs,
    /// answers in the other one.
    func open(_ parameters: String, signature: String) -> RedsysParameters? {
        guard let bytes = Self.bytes(parameters),
            let told = try? JSONReader.decode(RedsysParameters.self, from: bytes, rules: .api),
            let claimed = Self.bytes(signature), let own = try? mac(parameters, of: told.order),
            equalInConstantTime(claimed, own)
        else { return nil }
        return told
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/").filter { $0 != "=" }
        return Base64.unpadded.bytes(plain)
    }
}

/// What Redsys says of an operation.
struct RedsysParameters: Decodable, Sendable {
    let order: String
    let response: String
    let amount: String?
    let currency: String?
    let merchantCode: String?
    let type: String?
    let identifier: String?
    /// `YYMM`
    let expiry: String?
    let reference: String?

    enum CodingKeys: String, CodingKey {
        case order = "Ds_Order"
        case response = "Ds_Response"
        case amount = "Ds_Amount"
        case currency = "Ds_Currency"
        case merchantCode = "Ds_MerchantCode"
        case type = "Ds_TransactionType"
        case identifier = "Ds_Merchant_Identifier"
        case expiry = "Ds_ExpiryDate"
        case reference = "Ds_Merchant_Cof_Txnid"
    }

    /// Four digits, however many they sent.
    var result: PaymentResult { Redsys.result(response) }
}
