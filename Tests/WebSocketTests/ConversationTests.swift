import Core
import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing
import WebSocket

/// A peer that reads, and says nothing; it leaves when it is left. Touched on its loop only.
private final class Deaf: ConnectionHandler {
    private(set) var isOver = false

    func receive(_ bytes: UnsafeMutableBufferPointer<UInt8>, on connection: Connection) -> Int { bytes.count }
    func peerFinished(_ connection: Connection) { connection.close() }
    func drained(_ connection: Connection) {}
    func closed(_ connection: Connection, _ reason: CloseReason) { isOver = true }
}

/// How conversations ended, for whoever asks afterwards.
private final class Endings: Sendable {
    private let all = Mutex<[Ending]>([])
    func add(_ ending: Ending) { all.withLock { $0.append(ending) } }
    var list: [Ending] { all.withLock { $0 } }
}

/// Answers every text with `re: ` in front, and closes at `bye`.
private final class Answering: WebSocketHandler {
    private let endings: Endings

    init(_ endings: Endings) {
        self.endings = endings
    }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        let text = String(decoding: text, as: UTF8.self)
        guard text != "bye" else { return socket.close(.normal, "bye too") }
        socket.sendText { $0 += Array("re: \(text)".utf8) }
    }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        endings.add(ending)
    }
}

@Suite struct `A WebSocket conversation` {
    private func converse(
        deflate: DeflatePolicy? = nil, limits: WebSocketLimits = .init(),
        _ body: @escaping @Sendable (SocketAddress, EventLoop) async throws -> Void
    ) async throws -> [Ending] {
        let loops = try EventLoops(count: 1)
        let endings = Endings()
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        let server = try await HTTPServer.start(
            Dispatcher(routes: [], credentials: NoCredentials()), at: address, on: loops,
            upgrading: { request in
                guard Handshake.isAsked(by: request) else { return nil }
                let offered = Handshake.subprotocols(of: request)
                return Handshake.accept(
                    request, subprotocol: offered.first, deflate: deflate, limits: limits
                ) { $0.handler = Answering(endings) }
            })
        let loop = loops.next()
        try await Task(executorPreference: loop) { try await body(server.address, loop) }.value
        await server.stop(within: .seconds(1))
        await loops.stop()
        return endings.list
    }

    @Test(arguments: [false, true])
    func `goes to and fro, and ends in good order`(isPacked: Bool) async throws {
        let policy =
            isPacked ? DeflatePolicy(keepsOwnContext: true, keepsPeerContext: true, threshold: 0) : nil
        let endings = try await converse(deflate: policy) { address, loop in
            let inbox = WebSocketInbox(
                try await .open("/ws", at: address, on: loop, subprotocols: ["a.b", "c"], deflate: policy))
            #expect(inbox.socket.subprotocol == "a.b")
            for text in ["hello", "", String(repeating: "volt ", count: 20_000), "ďěš 😀"] {
                inbox.socket.send(text: text)
                #expect(await inbox.next() == .text("re: \(text)"))
            }
            inbox.socket.send(text: "bye")
            #expect(await inbox.next() == nil)
            #expect(inbox.ending == Ending(.normal, "bye too", by: .peer))
        }
        #expect(endings == [Ending(.normal, "bye too", by: .ours)])
    }

    @Test func `carries what was said before it was closed`() async throws {
        _ = try await converse { address, loop in
            let inbox = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            for number in 0..<200 { inbox.socket.send(text: "\(number)") }
            inbox.socket.send(text: "bye")
            var heard = 0
            while await inbox.next() != nil { heard += 1 }
            #expect(heard == 200)
        }
    }

    @Test func `is closed with a reason when the peer breaks the rules`() async throws {
        var limits = WebSocketLimits()
        limits.messageBytes = 1_000
        let endings = try await converse(limits: limits) { address, loop in
            let long = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            long.socket.send(text: String(repeating: "x", count: 1_001))
            #expect(await long.next() == nil)
            #expect(long.ending?.code == .messageTooBig)

            let binary = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            binary.socket.send(.binary, [1, 2, 3])
            #expect(await binary.next() == nil)
            #expect(binary.ending?.code == .unsupportedData)

            let garbled = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            garbled.socket.send(.text, [0xFF, 0xFE])
            #expect(await garbled.next() == nil)
            #expect(garbled.ending?.code == .invalidPayload)
        }
        #expect(endings.map(\.code) == [.messageTooBig, .unsupportedData, .invalidPayload])
    }

    @Test func `refuses messages that unpack to more than the limit`() async throws {
        var limits = WebSocketLimits()
        limits.messageBytes = 10_000
        _ = try await converse(deflate: DeflatePolicy(threshold: 0), limits: limits) { address, loop in
            let bomb = WebSocketInbox(
                try await .open("/ws", at: address, on: loop, deflate: DeflatePolicy(threshold: 0)))
            bomb.socket.send(text: String(repeating: "x", count: 5_000_000))
            #expect(await bomb.next() == nil)
            #expect(bomb.ending?.code == .messageTooBig)
        }
    }

    @Test func `ends when nobody answers a ping`() async throws {
        var limits = WebSocketLimits()
        limits.pingInterval = .milliseconds(20)
        limits.pongPatience = .milliseconds(20)
        let endings = try await converse(limits: limits) { address, loop in
            // A peer that shakes hands and then never reads.
            let client = try await HTTPClient.connect(to: address, on: loop)
            let answer = try await client.send(
                .get, "/ws",
                headers: Self.handshake)
            // RFC 6455 §1.3 works this key out.
            #expect(answer.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            try await loop.sleep(for: .milliseconds(200))
            client.close()
        }
        #expect(endings == [Ending(.abnormal, "no answer to a ping", by: .network)])
    }

    @Test(arguments: [
        ([("Sec-WebSocket-Version", "8"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")], 426),
        ([("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "short")], 400),
        ([("Sec-WebSocket-Version", "13")], 400),
        (
            [
                ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("Sec-WebSocket-Extensions", "a; =1"),
            ], 400
        ),
    ])
    func `does not begin with a malformed handshake`(fields: [(String, String)], status: Int) async throws {
        _ = try await converse { address, loop in
            let client = try await HTTPClient.connect(to: address, on: loop)
            let answer = try await client.send(
                .get, "/ws", headers: Headers([("Upgrade", "websocket"), ("Connection", "Upgrade")] + fields))
            #expect(answer.status == status)
            #expect(status != 426 || answer.headers["Sec-WebSocket-Version"] == "13")
            client.close()
        }
    }

    /// A client that says what it likes behind a good handshake, and hears the answer's bytes.
    private func raw(
        _ address: SocketAddress, _ loop: EventLoop, _ say: (WebSocketConnection) -> Void
    ) async throws -> WebSocketInbox {
        let inbox = WebSocketInbox(try await .open("/ws", at: address, on: loop))
        say(inbox.socket)
        return inbox
    }

    @Test func `answers pings between the fragments of a message`() async throws {
        _ = try await converse { address, loop in
            let inbox = try await raw(address, loop) { socket in
                socket.sendRaw { writer, output in
                    writer.append(.text, isFinal: false, Array("vo".utf8).span, to: &output)
                    writer.append(.ping, Array("there?".utf8).span, to: &output)
                    writer.append(.continuation, isFinal: false, Array("lt".utf8).span, to: &output)
                    writer.append(.continuation, [UInt8]().span, to: &output)
                }
            }
            #expect(await inbox.next() == .text("re: volt"))
            inbox.socket.close()
            #expect(await inbox.next() == nil)
        }
    }

    @Test(arguments: [
        ([0x88, 0x01, 0x03], CloseCode.protocolError), ([0x88, 0x02, 0x03, 0xEC], .protocolError),
        ([0x88, 0x03, 0x03, 0xE8, 0xFF], .invalidPayload), ([0xC1, 0x00], .protocolError),
        ([0x88, 0x00], .noStatus), ([0x88, 0x02, 0x0F, 0xA0], CloseCode(rawValue: 4000)),
    ])
    func `ends as the peer's last frame deserves`(frame: [UInt8], code: CloseCode) async throws {
        let endings = try await converse { address, loop in
            let inbox = try await raw(address, loop) { socket in
                // Masked with a key of zeros, so that the payload stands as it is.
                socket.sendRaw { $1 += [frame[0], frame[1] | 0x80, 0, 0, 0, 0] + frame[2...] }
            }
            #expect(await inbox.next() == nil)
            #expect(inbox.ending?.code == code)
        }
        #expect(endings.map(\.code) == [code])
    }

    @Test func `is over for its handler before a rude peer lets go of the wire`() async throws {
        let endings = try await converse { address, loop in
            let client = try await HTTPClient.connect(to: address, on: loop)
            _ = try await client.send(.get, "/ws", headers: Self.handshake)
            let connection = client.handOver()
            connection.write([0x81, 0x01, 0x41])
            // Never closes its side; a second socket is served meanwhile.
            let inbox = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            inbox.socket.send(text: "bye")
            #expect(await inbox.next() == nil)
            connection.close()
        }
        #expect(endings.first?.code == .protocolError)
    }

    @Test func `ends without a Close frame when the peer only hangs up`() async throws {
        let endings = try await converse { address, loop in
            let inbox = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            inbox.socket.connection.closeAfterFlush()
            #expect(await inbox.next() == nil)
        }
        #expect(endings.map(\.code) == [.abnormal])
        #expect(endings.map(\.side) == [.network])
    }

    @Test func `tells a silent peer why, when the owner wants it to`() async throws {
        var limits = WebSocketLimits()
        limits.pingInterval = .milliseconds(10)
        limits.pongPatience = .milliseconds(10)
        limits.silenceCode = CloseCode(rawValue: 4408)
        let endings = try await converse(limits: limits) { address, loop in
            let client = try await HTTPClient.connect(to: address, on: loop)
            _ = try await client.send(.get, "/ws", headers: Self.handshake)
            let (connection, deaf) = (client.handOver(), Deaf())
            connection.handler = deaf
            connection.resumeReading()
            try await Wait.until { deaf.isOver }
        }
        #expect(endings == [Ending(CloseCode(rawValue: 4408), "no answer to a ping", by: .ours)])
    }

    @Test func `holds the peer back while its consumer is behind`() async throws {
        _ = try await converse { address, loop in
            let inbox = WebSocketInbox(try await .open("/ws", at: address, on: loop))
            // More than the inbox keeps: the rest waits on the wire, and nothing is lost or turned around.
            for number in 0..<1_000 { inbox.socket.send(text: "\(number)") }
            try await loop.sleep(for: .milliseconds(20))
            for number in 0..<1_000 { #expect(await inbox.next() == .text("re: \(number)")) }
            inbox.socket.close()
            #expect(await inbox.next() == nil)
            #expect(inbox.ending == Ending(.normal, by: .ours))
        }
    }

    private static let handshake = Headers([
        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ])
}
