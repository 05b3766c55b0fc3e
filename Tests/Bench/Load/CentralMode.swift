import Core
import Foundation
import HTTP
import Sockets
import Synchronization
import WebSocket

/// `bench central PORT`: answers every call at once, reads nothing but its action and stores nothing. What a gateway
/// costs is what it costs more than this.
enum CentralMode {
    static func run(port: Int) async throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
            throw EchoMode.BadArguments()
        }
        let loops = try EventLoops(count: 2, name: "central")
        var rules = Dispatcher.Rules()
        rules.perAddress = 0
        let server = try await HTTPServer.start(
            Dispatcher(routes: [], credentials: NoCredentials(), rules: rules), at: address, on: loops,
            upgrading: { request in
                guard Handshake.isAsked(by: request) else { return nil }
                return Handshake.accept(
                    request, subprotocol: Handshake.subprotocols(of: request).first
                ) { $0.handler = BareAnswers() }
            })
        print("central on ws://\(server.address)")
        try await Task.sleep(for: .seconds(365 * 86_400))
    }
}

private final class BareAnswers: WebSocketHandler {
    private static let transactions = Atomic(1)

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        let parts = text.split(separator: UInt8(ascii: "\""), maxSplits: 4)
        guard parts.count > 3, text[1] == UInt8(ascii: "2") else { return }
        socket.sendText { bytes in
            bytes.append(text: #"[3,""#)
            bytes.append(contentsOf: parts[1])
            bytes.append(text: #"","#)
            Self.answer(parts[3], to: &bytes)
            bytes.append(UInt8(ascii: "]"))
        }
    }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {}

    private static func answer(_ action: UnsafeBufferPointer<UInt8>.SubSequence, to bytes: inout [UInt8]) {
        switch action.first {
        // BootNotification, Heartbeat
        case UInt8(ascii: "B"):
            bytes.append(text: #"{"status":"Accepted","interval":300,"currentTime":""#)
            bytes.append(contentsOf: Timestamp.text(Clock.system.now).utf8)
            bytes.append(text: #""}"#)
        case UInt8(ascii: "H"):
            bytes.append(text: #"{"currentTime":""#)
            bytes.append(contentsOf: Timestamp.text(Clock.system.now).utf8)
            bytes.append(text: #""}"#)
        // StartTransaction
        case UInt8(ascii: "S") where action.elementsEqual("StartTransaction".utf8):
            bytes.append(text: #"{"idTagInfo":{"status":"Accepted"},"transactionId":"#)
            bytes.append(number: transactions.add(1, ordering: .relaxed).newValue)
            bytes.append(text: "}")
        default: bytes.append(text: "{}")
        }
    }
}
