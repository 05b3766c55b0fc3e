/// One part of a message with its headers, RFC 2045 and 2046.
struct MIMEPart {
    let bytes: [UInt8]

    static func text(_ text: String, subtype: String) -> MIMEPart {
        var headers = HeaderLines()
        headers.add("Content-Type", "text/\(subtype); charset=utf-8")
        headers.add("Content-Transfer-Encoding", "quoted-printable")
        return MIMEPart(headers, QuotedPrintable.encoded(text))
    }

    /// A boundary that begins with `=_` is found in no quoted-printable and in no base64.
    static func parts(_ parts: [MIMEPart], subtype: String, boundary: String) -> MIMEPart {
        let boundary = String(boundary.prefix(70))
        var headers = HeaderLines()
        headers.add("Content-Type", "multipart/\(subtype); boundary=\"\(boundary)\"")
        var body: [UInt8] = []
        for part in parts {
            body += "--\(boundary)\r\n".utf8
            body += part.bytes
        }
        body += "--\(boundary)--\r\n".utf8
        return MIMEPart(headers, body)
    }

    init(_ attachment: Message.Attachment) {
        var headers = HeaderLines()
        headers.add(
            "Content-Type", attachment.type.isMediaType ? attachment.type : "application/octet-stream")
        headers.add("Content-Disposition", "attachment; \(Self.fileName(attachment.name))")
        headers.add("Content-Transfer-Encoding", "base64")
        self.init(headers, Base64.lines(attachment.bytes))
    }

    private init(_ headers: HeaderLines, _ body: [UInt8]) {
        bytes = headers.bytes + [0x0D, 0x0A] + body
    }

    /// For old readers in ASCII, for others as RFC 2231 has it, in numbered pieces so that no line grows long.
    private static func fileName(_ name: String) -> String {
        let name = String(
            name.withoutControls.replacing("/", with: "-").replacing("\\", with: "-").prefix(120))
        let ascii = String(
            decoding: name.unicodeScalars.map { scalar in
                scalar.isASCII && scalar != "\"" ? UInt8(scalar.value) : UInt8(ascii: "_")
            }, as: UTF8.self)
        if ascii == name, name.utf8.count <= 60, !name.contains(" ") { return "filename=\"\(name)\"" }
        let digits = Array("0123456789ABCDEF")
        var pieces: [String] = [""]
        for byte in name.utf8 {
            if pieces[pieces.count - 1].count > 45 { pieces.append("") }
            let isPlain = byte.isASCIIAlphanumeric || "-._".utf8.contains(byte)
            pieces[pieces.count - 1] +=
                isPlain ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
        if pieces.count == 1 { return "filename*=utf-8''\(pieces[0])" }
        return pieces.enumerated().map { index, piece in
            "filename*\(index)*=\(index == 0 ? "utf-8''" : "")\(piece)"
        }
        .joined(separator: "; ")
    }
}

extension String {
    fileprivate var isMediaType: Bool {
        let parts = split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                (1...60).contains(part.utf8.count)
                    && part.utf8.allSatisfy { $0.isASCIIAlphanumeric || "!#$&-^_.+".utf8.contains($0) }
            }
    }
}
