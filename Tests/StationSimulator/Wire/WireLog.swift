package import Core
package import OCPP
package import Sockets
import Synchronization

/// Every frame that a station sent and heard, in order: what stories assert on. Questions are typed by action, and
/// waiting is for a condition, never for a time.
package final class WireLog: Sendable {
    package enum Direction: Sendable { case sent, received }

    package struct Entry: Sendable {
        package let direction: Direction
        package let text: String
        /// Nil for what is no frame.
        package let kind: OCPPFrame.Kind?
        package let id: MessageID?
        /// The action of a call; of an answer the action that it answers.
        package let action: String
        package let at: MonotonicInstant
    }

    private struct Waiter {
        let number: Int
        let isSatisfied: @Sendable (WireLog) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var entries: [Entry] = []
        /// All frames and refusals that ever passed, also those that were forgotten because the log is full.
        var count = 0
        var refusalCount = 0
        /// Actions of calls that wait for their answer, by who asked and message id.
        var asked: [Key: String] = [:]
        var waiters: [Waiter] = []
        var nextWaiter = 0
    }

    private struct Key: Hashable {
        let wasSent: Bool
        let id: MessageID
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let loop: EventLoop
    private let observer: (@Sendable (Entry) -> Void)?

    /// - Parameters:
    ///   - loop: whose deadlines end a wait.
    ///   - capacity: frames that are kept; older ones are forgotten.
    ///   - observer: sees each frame as it passes.
    package init(
        loop: EventLoop, capacity: Int = 10_000, observer: (@Sendable (Entry) -> Void)? = nil
    ) {
        self.observer = observer
        self.loop = loop
        self.capacity = capacity
    }

    package var entries: [Entry] { state.withLock { $0.entries } }
    /// All frames that ever passed, also those that were forgotten.
    package var count: Int { state.withLock { $0.count } }
    /// All refusals that were ever heard.
    package var refusalCount: Int { state.withLock { $0.refusalCount } }

    func record(_ direction: Direction, _ bytes: [UInt8], at instant: MonotonicInstant) {
        var reader = OCPPFrameReader()
        let frame = try? reader.read(bytes, as: .v16)
        let (entry, waiters) = state.withLock { state in
            var action = frame?.action ?? ""
            if let frame {
                switch frame.kind {
                case .call, .send:
                    state.asked[Key(wasSent: direction == .sent, id: frame.id)] = action
                case .result, .error, .resultError:
                    let key = Key(wasSent: direction == .received, id: frame.id)
                    action = state.asked.removeValue(forKey: key) ?? ""
                }
            }
            if state.entries.count >= capacity {
                // By halves, so that a full log costs no more than a growing one.
                state.entries.removeFirst((state.entries.count + 1) / 2)
                if state.asked.count > capacity { state.asked = [:] }
            }
            let entry = Entry(
                direction: direction, text: String(decoding: bytes, as: UTF8.self), kind: frame?.kind,
                id: frame?.id, action: action, at: instant)
            state.count += 1
            if direction == .received, frame?.kind == .error { state.refusalCount += 1 }
            if capacity > 0 { state.entries.append(entry) }
            return (entry, state.waiters)
        }
        observer?(entry)
        for waiter in waiters where waiter.isSatisfied(self) { finish(waiter.number, with: true) }
    }

    private func finish(_ number: Int, with result: Bool) {
        let waiter = state.withLock { state -> Waiter? in
            guard let place = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: place)
        }
        waiter?.continuation.resume(returning: result)
    }

    /// Waits until `condition` holds; looked at whenever a frame passes.
    ///
    /// Returns: false when it did not hold within `limit`.
    package func waits(
        within limit: Duration = .seconds(10), until condition: @escaping @Sendable (WireLog) -> Bool
    ) async -> Bool {
        if condition(self) { return true }
        return await withCheckedContinuation { continuation in
            let number = state.withLock { state in
                state.nextWaiter += 1
                state.waiters.append(
                    Waiter(number: state.nextWaiter, isSatisfied: condition, continuation: continuation))
                return state.nextWaiter
            }
            loop.execute { [self] in
                loop.schedule(after: limit) { self.finish(number, with: false) }
            }
            // What passed between the first look and now.
            if condition(self) { finish(number, with: true) }
        }
    }
}

extension WireLog {
    /// The calls of this action that the station sent.
    package func sent<Call: OCPPCall>(_ call: Call.Type) -> [Call.Request] {
        payloads(of: Call.action.rawValue, .call, .sent)
    }

    /// The calls of this action that the station was asked.
    package func asked<Call: OCPPCall>(_ call: Call.Type) -> [Call.Request] {
        payloads(of: Call.action.rawValue, .call, .received)
    }

    /// What the station was answered to its calls of this action.
    package func answers<Call: OCPPCall>(to call: Call.Type) -> [Call.Response] {
        payloads(of: Call.action.rawValue, .result, .received)
    }

    /// What the station answered to calls of this action.
    package func given<Call: OCPPCall>(_ call: Call.Type) -> [Call.Response] {
        payloads(of: Call.action.rawValue, .result, .sent)
    }

    /// The refusals that the station heard; of one action, or of all and of frames that were none.
    package func refusals<Call: OCPPCall>(of call: Call.Type) -> [CallError] {
        refusals(.received) { $0 == Call.action.rawValue }
    }

    package var refusals: [CallError] { refusals(.received) { _ in true } }

    /// The refusals that the station gave.
    package var refused: [CallError] { refusals(.sent) { _ in true } }

    private func refusals(_ direction: Direction, _ isWanted: (String) -> Bool) -> [CallError] {
        frames(direction) { $0.kind == .error && isWanted($0.action) }.compactMap(\.error)
    }

    private func payloads<Payload: Decodable>(
        of action: String, _ kind: OCPPFrame.Kind, _ direction: Direction
    ) -> [Payload] {
        frames(direction) { $0.kind == kind && $0.action == action }.compactMap { frame in
            // A frame that its own schema refuses is in the log as text; as a typed one it does not exist.
            try? frame.decode(Payload.self)
        }
    }

    private func frames(_ direction: Direction, _ isWanted: (Entry) -> Bool) -> [OCPPFrame] {
        var reader = OCPPFrameReader()
        return entries.filter { $0.direction == direction && isWanted($0) }
            // Only what was read once as a frame has a kind, so this reads again what could be read.
            .compactMap { try? reader.read(Array($0.text.utf8), as: .v16) }
    }
}
