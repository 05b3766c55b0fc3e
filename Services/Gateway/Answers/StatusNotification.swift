import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres

/// A connector's state as it was reported.
struct StatusEdge: Equatable, Sendable {
    let point: String
    let connector: Int32
    let status: String
    let errorCode: String
    let info: String
    let vendorID: String
    let vendorErrorCode: String
    let since: Date
    let received: Date

    /// Whether it says something new; the time alone is no news.
    func differs(from other: StatusEdge) -> Bool {
        status != other.status || errorCode != other.errorCode || info != other.info
            || vendorID != other.vendorID || vendorErrorCode != other.vendorErrorCode
    }

    /// As the bus and the board have it.
    func state(session: ID<ChargingSession>?) -> ConnectorState {
        ConnectorState(
            status: Open(status), errorCode: errorCode.isEmpty ? nil : errorCode,
            info: info.isEmpty ? nil : info, vendorID: vendorID.isEmpty ? nil : vendorID, since: since,
            session: session)
    }
}

extension Gateway {
    /// Edges are written, repeats only answered; an older report never overwrites a newer one.
    func answer(
        _ report: V16.StatusNotification.Request, from link: StationLink, at received: Date
    ) async throws -> NoFields {
        guard (0...999).contains(report.connectorId) else {
            throw CallError(.propertyConstraintViolation, "connectorId is out of range")
        }
        let claimed = StationClock.judge(report.timestamp, received: received)
        let edge = StatusEdge(
            point: link.id.text, connector: Int32(report.connectorId), status: report.status.rawValue,
            errorCode: report.errorCode.word == "NoError" ? "" : report.errorCode.word,
            info: report.info?.text ?? "", vendorID: report.vendorId?.text ?? "",
            vendorErrorCode: report.vendorErrorCode?.text ?? "", since: claimed.moment, received: received)
        let before = link.lastStatus[report.connectorId]
        if let before, before.since > edge.since || !edge.differs(from: before) { return NoFields() }
        if report.connectorId > 0, link.knownConnectors.insert(report.connectorId).inserted {
            try await self.report(connector: ConnectorPlace(link.id, report.connectorId))
        }
        try await statuses.insert(edge)
        link.lastStatus[report.connectorId] = edge
        tell(edge, before, of: link)
        return NoFields()
    }

    private func tell(_ edge: StatusEdge, _ before: StatusEdge?, of link: StationLink) {
        let number = Int(edge.connector)
        let state = edge.state(session: link.sessions[number]?.number)
        let place = ConnectorPlace(link.id, number)
        host.bus.publish(ConnectorChanged(place, state, previous: before.map { Open($0.status) }))
        Task(executorPreference: link.loop) {
            // The board is a copy for quick readers; without Redis they take the view.
            try? await self.board.write([place: state])
        }
        let isBad = edge.status == "Faulted" || edge.status == "Unavailable"
        let error = edge.errorCode.isEmpty ? "" : " (\(edge.errorCode))"
        log(
            link.id, "StatusNotification", "connector #\(number): \(edge.status)\(error)",
            edge.status == "Faulted" ? .error : isBad ? .warning : .info)
    }

    static func storeStatuses(_ rows: [StatusEdge]) -> Query<Void> {
        """
        WITH told AS (
            SELECT charge_point_id, connector_id, status, error_code, info, vendor_id, vendor_error_code, since,
                received_at
            FROM unnest(\(each: rows, \.point), \(each: rows, \.connector), \(each: rows, \.status),
                \(each: rows, \.errorCode), \(each: rows, \.info), \(each: rows, \.vendorID),
                \(each: rows, \.vendorErrorCode), \(each: rows, \.since), \(each: rows, \.received))
                AS row (charge_point_id, connector_id, status, error_code, info, vendor_id, vendor_error_code, since,
                    received_at)
        ), plug AS (
            INSERT INTO gateway.start_signal (charge_point_id, connector_id, at, kind)
            SELECT told.charge_point_id, told.connector_id, told.received_at, 'plug'
            FROM told
            LEFT JOIN gateway.connector_status AS known
                ON known.charge_point_id = told.charge_point_id AND known.connector_id = told.connector_id
            WHERE told.status = 'Preparing' AND told.connector_id > 0
                AND (known.status IS DISTINCT FROM 'Preparing' AND (known.since <= told.since) IS NOT FALSE)
        ), newest AS (
            SELECT DISTINCT ON (charge_point_id, connector_id) charge_point_id, connector_id, status, error_code, info,
                vendor_id, vendor_error_code, since, received_at
            FROM told
            ORDER BY charge_point_id, connector_id, since DESC, received_at DESC
        ), edge AS (
            INSERT INTO gateway.connector_status AS known
                (charge_point_id, connector_id, status, error_code, info, vendor_id, vendor_error_code, since, received_at)
            SELECT charge_point_id, connector_id, status, error_code, info, vendor_id, vendor_error_code, since,
                received_at
            FROM newest
            ON CONFLICT (charge_point_id, connector_id) DO UPDATE
            SET status = excluded.status, error_code = excluded.error_code, info = excluded.info,
                vendor_id = excluded.vendor_id, vendor_error_code = excluded.vendor_error_code, since = excluded.since,
                received_at = excluded.received_at
            WHERE known.since <= excluded.since
            RETURNING charge_point_id, connector_id, status, error_code, since, received_at
        )
        INSERT INTO gateway.connector_history (charge_point_id, connector_id, status, error_code, since, received_at)
        SELECT charge_point_id, connector_id, status, error_code, since, received_at FROM edge
        """
    }
}
