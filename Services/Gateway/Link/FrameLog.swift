import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Telemetry

/// One frame as it is kept.
struct LoggedFrame: Sendable {
    let point: String
    let at: Date
    let isIncoming: Bool
    let message: String
    let action: String
    let frame: String
}

/// What went over the wire, secrets masked. Heartbeats are left out: they say nothing that `last_seen_at` does not.
struct FrameLog: Sendable {
    let rows: WriteBehind<LoggedFrame>
    let clock: Clock

    /// Bytes of a frame that are kept.
    private static let longest = 16_384

    init(into database: Database, clock: Clock, lost: Counter) {
        self.clock = clock
        rows = WriteBehind(into: database, most: 20_000, lost: lost, size: { $0.frame.utf8.count + 128 }) {
            rows in
            """
            INSERT INTO gateway.frame_log (charge_point_id, logged_at, is_incoming, message_id, action, frame)
            SELECT charge_point_id, logged_at, is_incoming, message_id, action, frame
            FROM unnest(\(each: rows, \.point), \(each: rows, \.at), \(each: rows, \.isIncoming), \(each: rows, \.message),
                \(each: rows, \.action), \(each: rows, \.frame))
                AS row (charge_point_id, logged_at, is_incoming, message_id, action, frame)
            """
        }
    }

    func note(_ frame: OCPPFrame, of point: ChargePointID, at time: Date) {
        add(point, time, isIncoming: true, frame.id, frame.action, frame.payloadText)
    }

    func noteAnswer(_ payload: [UInt8], to id: MessageID, action: String, of point: ChargePointID) {
        add(point, clock.now, isIncoming: false, id, action, payload[...])
    }

    func noteError(_ code: String, _ text: String, to id: MessageID, action: String, of point: ChargePointID)
    {
        add(point, clock.now, isIncoming: false, id, action, Array("\(code): \(text)".utf8)[...])
    }

    func noteCall(_ payload: [UInt8], id: MessageID, action: String, of point: ChargePointID) {
        add(point, clock.now, isIncoming: false, id, action, payload[...])
    }

    /// A station's password goes over the wire in this one key, in whatever letters; who writes plain letters as escapes
    /// has something to hide.
    static func holdsSecret(_ payload: [UInt8]) -> Bool {
        payload.withUnsafeBufferPointer { Finds(in: $0).holdsSecret }
    }

    /// Without what stands before the host of an address: `ftp://user:password@host/`.
    static func withoutCredentials(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        return text.replacing(/:\/\/[^\/\s"@]*@/, with: "://***@")
    }

    /// Every frame passes through here, so its bytes are gone through once, and nothing is made of them but what is kept.
    private func add(
        _ point: ChargePointID, _ time: Date, isIncoming: Bool, _ id: MessageID, _ action: String,
        _ payload: ArraySlice<UInt8>
    ) {
        rows.add(
            LoggedFrame(
                point: point.text, at: time, isIncoming: isIncoming, message: id.text, action: action,
                frame: Self.kept(of: payload)))
    }

    /// What is kept of a frame: without secrets, and not more than the log is for.
    static func kept(of payload: ArraySlice<UInt8>) -> String {
        payload.withUnsafeBufferPointer { Finds(in: $0) }.shown(payload, atMost: longest)
    }
}

/// What must not be kept as it is.
private struct Finds {
    private(set) var holdsSecret = false
    private var holdsNUL = false
    /// Perhaps a password, in an address.
    private var holdsAt = false

    private static let authorizationKey = Array("authorizationkey".utf8)
    /// Where its rarest letter stands: only there is the rest of the word looked at.
    private static let placeOfZ = 7

    init(in text: UnsafeBufferPointer<UInt8>) {
        for (place, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "z"), UInt8(ascii: "Z"):
                if Self.isAuthorizationKey(text, at: place - Self.placeOfZ) { holdsSecret = true }
            case UInt8(ascii: "\\"):
                if Self.isEscapedASCII(text, at: place) { holdsSecret = true }
            case UInt8(ascii: "@"): holdsAt = true
            case 0: holdsNUL = true
            default: break
            }
        }
    }

    /// The text as it may be kept.
    func shown(_ payload: ArraySlice<UInt8>, atMost limit: Int) -> String {
        guard !holdsSecret else { return "‹masked: it holds AuthorizationKey›" }
        // PostgreSQL's text holds every character but NUL.
        let legible = holdsNUL ? payload.filter { $0 != 0 }[...] : payload
        guard holdsAt else { return String(decoding: legible.prefix(limit), as: UTF8.self) }
        // Before it is cut, or a password at the cut would have lost its sign.
        let masked = FrameLog.withoutCredentials(String(decoding: legible, as: UTF8.self))
        return String(decoding: masked.utf8.prefix(limit), as: UTF8.self)
    }

    private static func isAuthorizationKey(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        guard start >= 0, start + authorizationKey.count <= text.count else { return false }
        // In letters, this bit is what capitals lack.
        return authorizationKey.indices.allSatisfy { text[start + $0] | 0x20 == authorizationKey[$0] }
    }

    /// `\u00…`
    private static func isEscapedASCII(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        start + 3 < text.count && text[start + 1] | 0x20 == UInt8(ascii: "u")
            && text[start + 2] == UInt8(ascii: "0")
            && text[start + 3] == UInt8(ascii: "0")
    }
}
