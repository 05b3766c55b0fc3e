import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Lifecycle
import Postgres

/// Makes entries of what stations reported and the registry lacks: charge points, connectors, tags. Each once, however often it
/// is told.
struct ReportedIntake {
    let host: Host

    var part: Part {
        let consumer = EventConsumer(
            "reported", reading: .gateway, on: host.database, bus: host.bus,
            inTransaction: [
                .on(PointReported.self) { told, transaction in
                    try await transaction.run(.enterReported(told.event))
                },
                .on(ConnectorReported.self) { told, transaction in
                    try await transaction.run(.enterReported(told.event))
                },
                .on(TagReported.self) { told, transaction in
                    try await transaction.run(.enterReported(told.event))
                },
            ])
        return host.task("reported") { await consumer.run() }
    }
}

extension Query where Result == Void {
    fileprivate static func enterReported(_ event: PointReported) -> Self {
        """
        INSERT INTO accounts.charge_point (charge_point_id, title, access_level, registration, created_at)
        VALUES (\(event.chargePoint.text), \("(new) \(event.chargePoint.text)"), 10,
            \(event.mustBeApproved ? "pending" : "approved"), \(event.at))
        ON CONFLICT (charge_point_id) DO NOTHING
        """
    }

    /// Inactive and without a price, until somebody says what it is.
    fileprivate static func enterReported(_ event: ConnectorReported) -> Self {
        """
        INSERT INTO accounts.connector (charge_point_id, number, is_active)
        SELECT charge_point_id, \(Int32(clamping: event.place.number)), false
        FROM accounts.charge_point
        WHERE charge_point_id = \(event.place.chargePoint.text) AND \(Int32(clamping: event.place.number)) BETWEEN 1 AND 99
        ON CONFLICT (charge_point_id, number) WHERE deleted_at IS NULL DO NOTHING
        """
    }

    fileprivate static func enterReported(_ event: TagReported) -> Self {
        """
        INSERT INTO accounts.tag (id_tag, source, is_enabled, note, registered_at)
        VALUES (upper(\(event.tag)), \(event.source ?? ""), \(event.isEnabled),
            \("reported by \(event.chargePoint.text)"), \(event.at))
        ON CONFLICT (id_tag) WHERE deleted_at IS NULL DO NOTHING
        """
    }
}
