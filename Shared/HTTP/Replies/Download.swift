package import Core

/// 200 with bytes that are no JSON: a PDF, a picture, a page.
package struct Download<Kind: FileKind>: Reply {
    package let response: Response

    /// - Parameters:
    ///   - type: needed of kinds that have several.
    ///   - fileName: where given, the browser saves instead of showing.
    package init(_ bytes: [UInt8], type: String? = nil, fileName: String? = nil) {
        response = Self.response(Response(.ok, body: bytes), type, fileName)
    }

    /// What is made while it is sent. HEAD makes nothing of it.
    package init(_ stream: BodyStream, type: String? = nil, fileName: String? = nil) {
        var response = Response(.ok)
        response.stream = stream
        self.response = Self.response(response, type, fileName)
    }

    private static func response(_ plain: Response, _ type: String?, _ fileName: String?) -> Response {
        var response = plain
        response.headers["Content-Type"] = type ?? Kind.mediaTypes[0]
        if let fileName {
            // RFC 6266 with RFC 8187: any name survives, and none can break out of the quotes.
            response.headers["Content-Disposition"] =
                "attachment; filename*=UTF-8''\(PercentCoding.encode(fileName))"
        }
        return response
    }

    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? { outcomes.first?.content }
    package static var outcomes: [Outcome] {
        Kind.mediaTypes.map { Outcome(.ok, ($0, .string(format: "binary"))) }
    }
}
