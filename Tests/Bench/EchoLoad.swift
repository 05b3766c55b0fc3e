import Core
import Foundation
import HTTP
import Sockets
import WebSocket

/// `bench echo-load PORT PID CONNECTIONS MESSAGES`: what an echo endpoint costs, ours or another's. Every connection
/// has one message of 120 bytes under way at a time.
enum EchoLoad {
    static func run(_ arguments: [Int]) async throws {
        guard arguments.count == 4, let address = SocketAddress(host: "127.0.0.1", port: arguments[0]) else {
            throw EchoMode.BadArguments()
        }
        let (process, connections, messages) = (arguments[1], arguments[2], arguments[3])
        let loop = try EventLoops(count: 1, name: "load").next()
        let memoryBefore = try ProcessFigures.residentBytes(process)
        try await Task(executorPreference: loop) {
            let crowd = Crowd(messages: messages)
            // Others take a handshake at a time, so that no backlog is overrun.
            for _ in 0..<connections {
                crowd.join(try await .open("/", at: address, on: loop, limits: EchoMode.limits))
            }
            try await loop.sleep(for: .seconds(1))
            let memory = try ProcessFigures.residentBytes(process) - memoryBefore
            let cpuBefore = try ProcessFigures.cpuSeconds(process)
            let start = loop.now
            await crowd.talk()
            let seconds = Double((loop.now - start).wholeMilliseconds) / 1_000
            let cpu = try ProcessFigures.cpuSeconds(process) - cpuBefore
            let millions = Double(messages) / 1_000_000
            print(
                "\(connections) connections: \(rounded(cpu / millions)) CPU s per million messages,",
                "\(memory / connections) bytes per idle connection, \(Int(Double(messages) / seconds)) messages/s"
            )
        }.value
    }

    private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

    /// All connections, which share the messages that are still to be sent.
    private final class Crowd: WebSocketHandler {
        private let payload = [UInt8](repeating: UInt8(ascii: "v"), count: 120)
        private var sockets: [WebSocketConnection] = []
        private var unsent: Int
        private var unheard: Int
        private var finished: CheckedContinuation<Void, Never>?

        init(messages: Int) {
            unsent = messages
            unheard = messages
        }

        func join(_ socket: WebSocketConnection) {
            socket.handler = self
            socket.resumeReading()
            sockets.append(socket)
        }

        func talk() async {
            await withCheckedContinuation { continuation in
                finished = continuation
                for socket in sockets { say(socket) }
            }
        }

        private func say(_ socket: WebSocketConnection) {
            guard unsent > 0 else { return }
            unsent -= 1
            socket.send(.text, payload)
        }

        func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
            unheard -= 1
            if unheard == 0 { finished?.resume() }
            say(socket)
        }

        func ended(_ socket: WebSocketConnection, _ ending: Ending) {
            preconditionFailure("the endpoint hung up: \(ending)")
        }
    }
}
