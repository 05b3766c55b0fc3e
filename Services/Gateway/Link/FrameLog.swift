import Contracts
import Core
import FoundationEssentials
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

    /// Characters of a frame that are kept.
    private static let longest = 16_384

    init(into database: Database, clock: Clock, lost: Counter) {
        self.clock = clock
        rows = WriteBehind(into: database, most: 20_000, lost: lost) { rows in
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
        add(
            point, time, isIncoming: true, frame.id, frame.action,
            String(decoding: frame.payloadText, as: UTF8.self))
    }

    func noteAnswer(_ payload: [UInt8], to id: MessageID, action: String, of point: ChargePointID) {
        add(point, clock.now, isIncoming: false, id, action, String(decoding: payload, as: UTF8.self))
    }

    func noteError(_ code: String, _ text: String, to id: MessageID, action: String, of point: ChargePointID)
    {
        add(point, clock.now, isIncoming: false, id, action, "\(code): \(text)")
    }

    func noteCall(_ payload: [UInt8], id: MessageID, action: String, of point: ChargePointID) {
        add(point, clock.now, isIncoming: false, id, action, String(decoding: payload, as: UTF8.self))
    }

    /// A station's password goes over the wire in this one key, in whatever letters; who writes plain letters as escapes
    /// has something to hide.
    static func holdsSecret(_ payload: some Collection<UInt8>) -> Bool {
        holds(authorizationKey, payload) || holds(Array(#"\u00"#.utf8), payload)
    }

    /// Without what stands before the host of an address: `ftp://user:password@host/`.
    static func withoutCredentials(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        return text.replacing(/:\/\/[^\/\s"@]*@/, with: "://***@")
    }

    private static let authorizationKey = Array("authorizationkey".utf8)

    private static func holds(_ word: [UInt8], _ text: some Collection<UInt8>) -> Bool {
        var matched = 0
        for byte in text {
            let lower = byte | ((0x41...0x5A).contains(byte) ? 0x20 : 0)
            // Neither word begins anew within itself, but for its first letter.
            matched = lower == word[matched] ? matched + 1 : lower == word[0] ? 1 : 0
            if matched == word.count { return true }
        }
        return false
    }

    private func add(
        _ point: ChargePointID, _ time: Date, isIncoming: Bool, _ id: MessageID, _ action: String,
        _ text: String
    ) {
        var shown =
            Self.holdsSecret(text.utf8)
            ? "‹masked: it holds AuthorizationKey›" : Self.withoutCredentials(text)
        // PostgreSQL's text holds every character but this.
        if shown.utf8.contains(0) { shown = shown.replacing("\0", with: "") }
        rows.add(
            LoggedFrame(
                point: point.text, at: time, isIncoming: isIncoming, message: id.text, action: action,
                frame: String(shown.prefix(Self.longest))))
    }
}
