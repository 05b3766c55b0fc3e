package import Core

/// 200 with bytes that are no JSON: a PDF, a picture, a page.
package struct Download: Reply {
    package let response: Response

    /// - Parameter fileName: where given, the browser saves instead of showing.
    package init(_ bytes: [UInt8], type: String, fileName: String? = nil) {
        var response = Response(.ok, headers: Headers([("Content-Type", type)]), body: bytes)
        if let fileName {
            // RFC 6266 with RFC 8187: any name survives, and none can break out of the quotes.
            response.headers["Content-Disposition"] =
                "attachment; filename*=UTF-8''\(PercentCoding.encode(fileName))"
        }
        self.response = response
    }

    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? {
        ("application/octet-stream", .string(format: "binary"))
    }
}
