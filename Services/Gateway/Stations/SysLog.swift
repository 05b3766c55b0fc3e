import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Telemetry

/// A line of the system log.
struct SysLine: Sendable {
    let at: Date
    let point: String?
    let feature: String
    let text: String
    let importance: String

    static func writer(into database: Database, lost: Counter) -> WriteBehind<SysLine> {
        WriteBehind(into: database, most: 20_000, lost: lost, size: { $0.text.utf8.count + 128 }) { rows in
            """
            INSERT INTO gateway.sys_log (logged_at, charge_point_id, feature, text, importance)
            SELECT logged_at, charge_point_id, feature, text, importance
            FROM unnest(\(each: rows, \.at), \(each: rows, \.point), \(each: rows, \.feature), \(each: rows, \.text),
                \(each: rows, \.importance)) AS row (logged_at, charge_point_id, feature, text, importance)
            """
        }
    }
}

/// A frame that was not believed.
struct QuarantinedRow: Sendable {
    let point: String
    let at: Date
    let reason: String
    let frame: String

    static func writer(into database: Database, lost: Counter) -> WriteBehind<QuarantinedRow> {
        WriteBehind(into: database, most: 5_000, lost: lost, size: { $0.frame.utf8.count + 128 }) { rows in
            """
            INSERT INTO gateway.quarantined_frame (charge_point_id, received_at, reason, frame)
            SELECT charge_point_id, received_at, reason, frame
            FROM unnest(\(each: rows, \.point), \(each: rows, \.at), \(each: rows, \.reason), \(each: rows, \.frame))
                AS row (charge_point_id, received_at, reason, frame)
            """
        }
    }
}

extension Gateway {
    /// A line for operators: kept, and told to those who watch.
    func log(
        _ point: ChargePointID?, _ feature: String, _ text: String,
        _ importance: StationLogged.Importance = .info
    ) {
        let now = host.clock.now
        // PostgreSQL's text holds every character but this.
        let clean = text.contains("\0") ? text.replacing("\0", with: "") : text
        sysLog.add(
            SysLine(
                at: now, point: point?.text, feature: feature, text: clean, importance: importance.rawValue))
        host.bus.publish(
            StationLogged(point, feature: feature, text: clean, importance: .known(importance), at: now))
    }

    func quarantine(_ point: ChargePointID, _ frame: String, _ reason: String) {
        let clean = frame.contains("\0") ? frame.replacing("\0", with: "") : frame
        quarantines.add(
            QuarantinedRow(
                point: point.text, at: host.clock.now, reason: String(reason.prefix(500)),
                frame: String(clean.prefix(Self.quarantinedBytes))))
        log(point, "Quarantine", String(reason.prefix(200)), .warning)
    }

    func quarantine(_ point: ChargePointID, _ frame: OCPPFrame, _ reason: String) {
        let payload = String(decoding: frame.payloadText.prefix(Self.quarantinedBytes), as: UTF8.self)
        quarantine(point, "[2,\"\(frame.id)\",\"\(frame.action)\",\(payload)]", reason)
    }
}
