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

    private func add(
        _ point: ChargePointID, _ time: Date, isIncoming: Bool, _ id: MessageID, _ action: String,
        _ text: String
    ) {
        // A station's password goes over the wire in this one key.
        let shown = text.contains("AuthorizationKey") ? "‹masked: it holds AuthorizationKey›" : text
        rows.add(
            LoggedFrame(
                point: point.text, at: time, isIncoming: isIncoming, message: id.text, action: action,
                frame: String(shown.prefix(Self.longest))))
    }
}
