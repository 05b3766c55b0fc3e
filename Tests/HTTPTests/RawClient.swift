import Sockets

/// Says exactly the bytes that a test wants said, and hears until the server closes.
final class RawClient: ConnectionHandler {
    private var heard: [UInt8] = []
    private let continuation: CheckedContinuation<String, Never>

    private init(_ continuation: CheckedContinuation<String, Never>) {
        self.continuation = continuation
    }

    static func exchange(_ text: String, with address: SocketAddress, on loop: EventLoop) async throws
        -> String
    {
        try await exchange(Array(text.utf8), with: address, on: loop)
    }

    static func exchange(_ bytes: [UInt8], with address: SocketAddress, on loop: EventLoop) async throws
        -> String
    {
        let connection = try await loop.connect(to: address, timeout: .seconds(5))
        return await withCheckedContinuation { continuation in
            connection.handler = RawClient(continuation)
            connection.write(bytes)
        }
    }

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int {
        heard.append(contentsOf: bytes)
        return bytes.count
    }

    func closed(_ connection: Connection, _ reason: CloseReason) {
        continuation.resume(returning: String(decoding: heard, as: UTF8.self))
    }
}

/// One answer as it stood on the wire.
struct Answer {
    var status: Int
    var fields: [String: String]
    var body: String

    /// Answers that follow each other on one connection. HEAD's are told by a body that is not there.
    static func all(in text: String) -> [Answer] {
        var answers: [Answer] = []
        for part in text.split(separator: "HTTP/1.1 ").map(String.init) {
            let halves = part.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            let lines = halves[0].split(separator: "\r\n")
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                let pair = line.split(separator: ":", maxSplits: 1)
                fields[pair[0].lowercased()] = pair.count > 1 ? String(pair[1].drop { $0 == " " }) : ""
            }
            let status = lines.first.flatMap { Int($0.prefix(3)) } ?? 0
            answers.append(
                Answer(status: status, fields: fields, body: halves.count > 1 ? String(halves[1]) : ""))
        }
        return answers
    }
}
