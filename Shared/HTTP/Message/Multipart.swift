/// `multipart/form-data` (RFC 7578), for pictures: read strictly, within the limits of the body that holds it.
package struct Multipart: Sendable {
    package struct Part: Equatable, Sendable {
        /// The form's field.
        package var name: String
        /// As the sender calls it; for showing only, never for a path.
        package var fileName: String?
        package var type: String?
        package var bytes: [UInt8]
    }

    package let parts: [Part]

    /// Parts of one body; a form of ours has one or two.
    private static let mostParts = 16
    private static let headBytes = 4 * 1_024

    /// Throws: `Problem`, 415 for another type, 400 for a malformed body.
    package init(_ request: Request) throws(Problem) {
        let type = request.headers["Content-Type"] ?? ""
        let pieces = type.split(separator: ";").map { HeaderText.trimmed($0) }
        guard let first = pieces.first, Headers.same(first, "multipart/form-data") else {
            throw Problem(.unsupportedMediaType, "the body must be multipart/form-data")
        }
        // RFC 2046 §5.1.1: 1 to 70 characters.
        guard let boundary = Self.parameter("boundary", in: type), (1...70).contains(boundary.utf8.count)
        else {
            throw Problem(.badRequest, "the boundary is missing")
        }
        parts = try Self.parts(of: request.body, boundary: boundary)
    }

    package func part(_ name: String) -> Part? { parts.first { $0.name == name } }

    private static func parts(of body: [UInt8], boundary: String) throws(Problem) -> [Part] {
        let malformed = Problem(.badRequest, "malformed multipart body")
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter has no line before it; with one put there, all look alike.
        let bytes = Array("\r\n".utf8) + body
        guard var position = find(delimiter, in: bytes, from: 0).map({ $0 + delimiter.count }) else {
            throw malformed
        }
        var parts: [Part] = []
        while true {
            // RFC 2046 §5.1.1: behind the last delimiter its line ends, or the body does.
            if bytes[position...].elementsEqual(Array("--".utf8)) { return parts }
            if bytes[position...].starts(with: Array("--\r\n".utf8)) { return parts }
            // Behind the line's end: it may look like the beginning of the next delimiter, and then there is no part.
            guard bytes[position...].starts(with: Array("\r\n".utf8)), parts.count < mostParts,
                let end = find(delimiter, in: bytes, from: position + 2)
            else { throw malformed }
            parts.append(try part(Array(bytes[(position + 2)..<end]), malformed))
            position = end + delimiter.count
        }
    }

    private static func part(_ bytes: [UInt8], _ malformed: Problem) throws(Problem) -> Part {
        guard let (headers, length) = head(of: bytes) else { throw malformed }
        let disposition = headers["Content-Disposition"] ?? ""
        guard disposition.lowercased().hasPrefix("form-data"), let name = parameter("name", in: disposition)
        else {
            throw malformed
        }
        return Part(
            name: name, fileName: parameter("filename", in: disposition), type: headers["Content-Type"],
            bytes: Array(bytes[length...]))
    }

    /// The fields in front of a part, and how many bytes they take; nil when they are malformed or do not end.
    private static func head(of bytes: [UInt8]) -> (Headers, Int)? {
        var headers = Headers()
        var lines = LineReader(limit: headBytes)
        do throws(MalformedRequest) {
            while let line = try lines.next(in: bytes.span) {
                if line.isEmpty { return (headers, lines.position) }
                let (name, value) = try HeadParser.field(bytes.span, line)
                headers.add(name, value)
            }
        } catch {
            return nil
        }
        return nil
    }

    /// A parameter of a header value, quoted or not.
    private static func parameter(_ name: String, in value: String) -> String? {
        for piece in value.split(separator: ";").dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1).map { HeaderText.trimmed($0) }
            guard pair.count == 2, Headers.same(pair[0], name) else { continue }
            let text = pair[1]
            guard text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 else { return text }
            return String(text.dropFirst().dropLast())
        }
        return nil
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= needle.count, start <= bytes.count - needle.count else { return nil }
        for index in start...(bytes.count - needle.count)
        where bytes[index] == needle[0] && bytes[index..<(index + needle.count)].elementsEqual(needle) {
            return index
        }
        return nil
    }
}
