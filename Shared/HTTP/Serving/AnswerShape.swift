import Compression
import Core
import Dispatch

/// What every answer gets on its way out: its marks, its tag, its compression.
enum AnswerShape {
    static func mark(_ response: inout Response, id: String) {
        response.headers["X-Request-Id"] = id
        response.headers["X-Content-Type-Options"] = "nosniff"
    }

    static func complete(_ response: inout Response, for request: Request) async {
        mark(&response, id: request.id)
        guard response.status == .ok, request.method == .get || request.method == .head else { return }
        if isKnown(&response, to: request) {
            response.status = .notModified
            response.body = []
            response.stream = nil
            response.headers["Content-Type"] = nil
            return
        }
        await compress(&response, for: request)
    }

    /// Whether the caller has this very answer already. What belongs to one caller is never kept, and needs no tag.
    private static func isKnown(_ response: inout Response, to request: Request) -> Bool {
        guard response.headers["Cache-Control"] != "no-store" else { return false }
        // What is made while it is sent has a tag only where its handler knows one.
        guard let tag = response.headers["ETag"] ?? (response.stream == nil ? tag(of: response.body) : nil)
        else { return false }
        response.headers["ETag"] = tag
        return request.headers.all("If-None-Match").joined(separator: ",").split(separator: ",")
            .contains { bare($0) == bare(tag[...]) || HeaderText.trimmed($0) == "*" }
    }

    /// Bodies below this gain nothing from compression.
    private static let worthCompressing = 1_024
    /// Bodies above this are compressed elsewhere, so that nobody else on the loop waits.
    private static let small = 32 * 1_024

    private static let packing = BlockingGate(name: "compression", width: 2, capacity: 64) { work in
        DispatchQueue.global().async(execute: work)
    }

    private static func compress(_ response: inout Response, for request: Request) async {
        let type = response.headers["Content-Type"] ?? ""
        guard ["application/json", "text/", "image/svg", "application/xml"].contains(where: type.hasPrefix),
            response.stream == nil
        else { return }
        response.headers.add("Vary", "Accept-Encoding")
        guard response.body.count >= worthCompressing, response.headers["Content-Encoding"] == nil,
            request.headers.list("Accept-Encoding").contains(where: wantsGzip),
            let packed = await packed(response.body), packed.count < response.body.count
        else { return }
        response.body = packed
        response.headers["Content-Encoding"] = "gzip"
        // The same thing in other bytes needs another tag, or a weak one (RFC 9110 §8.8.3.3).
        if let tag = response.headers["ETag"], !tag.hasPrefix("W/") { response.headers["ETag"] = "W/\(tag)" }
    }

    private static func packed(_ body: [UInt8]) async -> [UInt8]? {
        guard body.count > small else { return Gzip.pack(body) }
        // Too much waits already, or nobody waits any more: then the answer goes out as it is.
        return try? await packing.run { Gzip.pack(body) }
    }

    /// `gzip`, unless its weight is nothing: `gzip;q=0`.
    private static func wantsGzip(_ offer: String) -> Bool {
        let parts = offer.split(separator: ";").map { HeaderText.trimmed($0) }
        guard parts.first == "gzip" || parts.first == "*" else { return false }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
        return weight.flatMap { Double($0) } != 0
    }

    private static func bare(_ tag: Substring) -> String {
        let trimmed = HeaderText.trimmed(tag)
        return trimmed.hasPrefix("W/") ? String(trimmed.dropFirst(2)) : trimmed
    }

    /// FNV-1a over 64 bits and the length: enough to tell versions of one resource apart.
    static func tag(of body: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in body { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return "\"\(String(hash, radix: 36))-\(String(body.count, radix: 36))\""
    }
}
