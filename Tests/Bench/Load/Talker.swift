import Core
import WebSocket

/// One connection of a load run. One call of its own is under way at a time; what becomes due meanwhile waits here.
/// Confined to the loop of its crowd.
final class Talker: WebSocketHandler, @unchecked Sendable {
    let number: Int
    let identity: String
    /// Held in a ring, for as long as the process: answers may come after the run.
    private let crowd: Crowd
    private(set) var socket: WebSocketConnection?
    /// Message ids count from 1 on with each connection.
    private(set) var lastID = 0
    var transaction = 0
    var transactionBegan = MonotonicInstant(nanoseconds: 0)
    /// When the message under way was due; nil while nothing is under way.
    private var underWay: MonotonicInstant?
    private var waitingSince: [MonotonicInstant] = []
    /// Who waits for the answer to a message that belongs to coming and going.
    private var asking: CheckedContinuation<[UInt8]?, Never>?

    init(_ number: Int, _ identity: String, in crowd: Crowd) {
        self.number = number
        self.identity = identity
        self.crowd = crowd
    }

    var isOpen: Bool { socket?.isOpen ?? false }
    var isWaiting: Bool { isOpen && underWay != nil }

    func begin(_ socket: WebSocketConnection) {
        self.socket = socket
        socket.handler = self
        socket.resumeReading()
    }

    /// Says something and waits for its answer; nil when none came.
    func ask(_ write: (Int, inout [UInt8]) -> Void) async -> [UInt8]? {
        guard let socket, socket.isOpen else { return nil }
        lastID += 1
        socket.sendText { write(lastID, &$0) }
        return await withCheckedContinuation { asking = $0 }
    }

    /// A message is due: it goes out at once, or as soon as the one before it is answered.
    func say(dueAt instant: MonotonicInstant) {
        guard underWay == nil else { return waitingSince.append(instant) }
        underWay = instant
        lastID += 1
        socket?.sendText { crowd.write(lastID, for: self, to: &$0) }
    }

    func forgetWhatWaits() { waitingSince = [] }

    func received(text: UnsafeBufferPointer<UInt8>, on socket: WebSocketConnection) {
        guard text.count > 3 else { return crowd.failed("an answer that is no frame") }
        switch text[1] {
        case UInt8(ascii: "2"): obey(text, socket)
        case UInt8(ascii: "3") where text.beginsWithAnswer(to: lastID): answered(text)
        case UInt8(ascii: "3"): crowd.failed("an answer to something else")
        default:
            crowd.failed(String(decoding: text.prefix(200), as: UTF8.self))
            answered(text)
        }
    }

    private func answered(_ text: UnsafeBufferPointer<UInt8>) {
        if let asking {
            self.asking = nil
            return asking.resume(returning: Array(text))
        }
        guard let due = underWay else { return }
        underWay = nil
        crowd.answered(self, due)
        if underWay == nil, !waitingSince.isEmpty { say(dueAt: waitingSince.removeFirst()) }
    }

    /// Nothing is configured here, and everything is accepted.
    private func obey(_ text: UnsafeBufferPointer<UInt8>, _ socket: WebSocketConnection) {
        let parts = text.split(separator: UInt8(ascii: "\""), maxSplits: 4)
        guard parts.count > 3 else { return }
        let asksForKeys = parts[3].elementsEqual("GetConfiguration".utf8)
        socket.sendText { bytes in
            bytes.append(text: #"[3,""#)
            bytes.append(contentsOf: parts[1])
            bytes.append(text: asksForKeys ? #"",{"configurationKey":[]}]"# : #"",{"status":"Accepted"}]"#)
        }
    }

    func ended(_ socket: WebSocketConnection, _ ending: Ending) {
        asking?.resume(returning: nil)
        asking = nil
        underWay = nil
        waitingSince = []
        crowd.left(ending)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether it reads `[3,"17",…` for 17.
    fileprivate func beginsWithAnswer(to id: Int) -> Bool {
        var number = 0
        for index in 4..<Swift.min(count, 24) {
            let digit = self[index]
            guard digit != UInt8(ascii: "\"") else { return number == id }
            guard (0x30...0x39).contains(digit) else { return false }
            number = number &* 10 &+ Int(digit - 0x30)
        }
        return false
    }
}
