import Core
import HTTP
import Sockets

/// Request heads, bodies and forms, and answers as our client reads them. Whatever arrives, it arrives the same in one
/// piece and in many.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 1 else { return 0 }
    let piece = Int(data[0] % 32) + 1
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
    readRequest(bytes, piece)
    readResponse(bytes, piece)
    return 0
}

private func readRequest(_ bytes: [UInt8], _ piece: Int) {
    let parser = HeadParser(limits: Limits())
    let whole: (head: RequestHead, used: Int)?
    do throws(MalformedRequest) { whole = try parser.parse(bytes.span) } catch { return }
    guard let (head, used) = whole else { return }
    for length in stride(from: 0, to: used, by: piece) {
        do throws(MalformedRequest) {
            let early = try parser.parse(bytes.span.extracting(0..<length))
            precondition(early == nil, "a head was whole before its end")
        } catch {
            preconditionFailure("a well-formed head was refused before its end: \(error)")
        }
    }
    readTarget(head)
    let rest = Array(bytes[used...])
    let one = readBody(head.bodyKind, rest, rest.count)
    let other = readBody(head.bodyKind, rest, piece)
    precondition(one == other, "a body in pieces was read another way")
    if case .whole(let body, _) = one { readForm(head, body) }
}

private enum BodyOutcome: Equatable {
    case malformed
    case unfinished
    case whole([UInt8], rest: Int)
}

private func readBody(_ kind: RequestHead.BodyKind, _ bytes: [UInt8], _ piece: Int) -> BodyOutcome {
    do throws(MalformedRequest) {
        var reader = try BodyReader(kind, limit: 4_096)
        var used = 0
        var shown = 0
        while !reader.isComplete, shown < bytes.count {
            shown = min(shown + max(piece, 1), bytes.count)
            used += try reader.take(bytes.span.extracting(used..<shown))
            precondition(used <= shown, "more was used than was there")
        }
        precondition(reader.body.count <= 4_096, "a body is longer than it may be")
        return reader.isComplete ? .whole(reader.body, rest: bytes.count - used) : .unfinished
    } catch {
        return .malformed
    }
}

private func readTarget(_ head: RequestHead) {
    precondition(head.path.hasPrefix("/") || head.path == "*", "a path begins with a slash")
    for segment in head.path.split(separator: "/") {
        guard let text = PercentCoding.decode(segment) else { continue }
        precondition(PercentCoding.decode(PercentCoding.encode(text)) == text, "a segment changed on its way")
    }
    _ = PercentCoding.pairs(head.query)
    let proxies = TrustedProxies(["127.0.0.0/8", "::1"].compactMap { TrustedProxies.Network($0) })
    _ = proxies.client(of: "127.0.0.1", head.headers)
}

private func readForm(_ head: RequestHead, _ body: [UInt8]) {
    guard let peer = SocketAddress(host: "127.0.0.1", port: 1) else { return }
    let request = Request(
        method: head.method, path: head.path, query: head.query, headers: head.headers, body: body,
        peer: peer,
        client: "127.0.0.1", id: "fuzz", received: MonotonicInstant(nanoseconds: 0))
    // Anything may be refused; nothing may be made up.
    guard let form = try? Multipart(request) else { return }
    precondition(
        form.parts.reduce(0) { $0 + $1.bytes.count } <= body.count, "a form holds more than was sent")
}

private func readResponse(_ bytes: [UInt8], _ piece: Int) {
    let one = readResponse(bytes, by: bytes.count)
    let other = readResponse(bytes, by: piece)
    precondition(one == other, "an answer in pieces was read another way")
}

private func readResponse(_ bytes: [UInt8], by piece: Int) -> String {
    var parser = ResponseParser(limits: Limits())
    var used = 0
    var shown = 0
    do throws(MalformedRequest) {
        while shown < bytes.count {
            shown = min(shown + max(piece, 1), bytes.count)
            let (taken, response) = try parser.take(bytes.span.extracting(used..<shown))
            used += taken
            if let response { return "\(response.status) \(response.body)" }
        }
        return parser.ended().map { "\($0.status) \($0.body)" } ?? "unfinished"
    } catch {
        return "malformed"
    }
}
