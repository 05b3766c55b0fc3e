import Crypto

/// What Redsys remembers of an order.
struct RedsysOperation: Equatable, Sendable {
    let order: String
    let kind: Kind?
    let amount: Int64
    let result: PaymentResult
    let isFinished: Bool

    enum Kind: String, Sendable {
        case payment = "0"
        case preauthorisation = "1"
        case confirmation = "2"
        case refund = "3"
        case cancellation = "9"
    }
}

/// Asks Redsys's query service (SOAP, `consultaOperaciones`) for everything that was done under one order's number.
struct RedsysQuery {
    let order: String
    let merchantCode: String
    let terminal: String

    /// Throws: `CryptoFailure`.
    func envelope(_ seal: RedsysSeal) throws(CryptoFailure) -> [UInt8] {
        let version =
            "<Version Ds_Version=\"0.0\"><Message><Monitor><Ds_MerchantCode>\(merchantCode)</Ds_MerchantCode>"
            + "<Ds_Terminal>\(terminal)</Ds_Terminal><Ds_Order>\(order)</Ds_Order></Monitor></Message></Version>"
        // The signature holds for these very bytes.
        let text =
            "<Messages>\(version)<Signature>\(try seal.sign(version, of: order))</Signature>"
            + "<SignatureVersion>\(RedsysSeal.version)</SignatureVersion></Messages>"
        return Array(
            """
            <?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
            xmlns:web="http://webservices.apl02.redsys.es"><soapenv:Header/><soapenv:Body><web:consultaOperaciones>\
            <cadenaXML><![CDATA[\(text)]]></cadenaXML></web:consultaOperaciones></soapenv:Body></soapenv:Envelope>
            """.utf8)
    }

    /// Nil for an answer that does not say: then nobody knows.
    static func operations(in answer: String) -> [RedsysOperation]? {
        // The answer proper is a text inside the envelope.
        var text = answer
        for (name, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        {
            text = text.replacing(name, with: sign)
        }
        if let error = element("Ds_ErrorCode", in: text[...]) { return error == nothingFound ? [] : nil }
        let blocks = text.split(separator: "</Response>").dropLast()
        let found = blocks.compactMap { block -> RedsysOperation? in
            guard let start = block.firstRange(of: "<Response") else { return nil }
            let inner = block[start.upperBound...]
            guard let order = element("Ds_Order", in: inner),
                let kind = element("Ds_TransactionType", in: inner),
                let state = element("Ds_State", in: inner)
            else { return nil }
            return RedsysOperation(
                order: order, kind: .init(rawValue: kind),
                amount: element("Ds_Amount", in: inner).flatMap { Int64($0) } ?? 0,
                result: Redsys.result(element("Ds_Response", in: inner) ?? "9999"), isFinished: state == "F")
        }
        return found.isEmpty || found.count != blocks.count ? nil : found
    }

    /// "No existen operaciones para los datos solicitados."
    private static let nothingFound = "XML0024"

    private static func element(_ name: String, in text: Substring) -> String? {
        guard let start = text.firstRange(of: "<\(name)>") else { return nil }
        let rest = text[start.upperBound...]
        guard let end = rest.firstRange(of: "</\(name)>") else { return nil }
        return String(rest[..<end.lowerBound])
    }
}
