import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

extension Query where Result == RowCount {
    /// One row the first time, none when it was told before.
    fileprivate static func report(_ kind: String, _ subject: String, isEnabled: Bool, at now: Date) -> Self {
        """
        INSERT INTO gateway.reported (kind, subject, is_enabled, reported_at)
        VALUES (\(kind), \(subject), \(isEnabled), \(now))
        ON CONFLICT (kind, subject) DO NOTHING
        """
    }
}

extension Gateway {
    func report(point: ChargePointID, mustBeApproved: Bool) async throws {
        let event = PointReported(point, mustBeApproved: mustBeApproved, at: host.clock.now)
        try await report("point", point.text, isEnabled: !mustBeApproved, event)
    }

    func report(connector place: ConnectorPlace) async throws {
        let event = ConnectorReported(place, at: host.clock.now)
        try await report("connector", event.subject, isEnabled: false, event)
    }

    func report(tag: PresentedTag, at point: ChargePointID) async throws {
        let event = TagReported(
            tag: tag.word, source: tag.source, at: point, isEnabled: settings.acceptsUnknownTags,
            host.clock.now)
        try await report("tag", tag.word, isEnabled: settings.acceptsUnknownTags, event)
    }

    /// Once, in one transaction with its announcement.
    private func report(
        _ kind: String, _ subject: String, isEnabled: Bool, _ event: some LoggedEvent
    ) async throws {
        let now = host.clock.now
        let isNew = try await host.database.transaction { transaction in
            let reported = try await transaction.run(.report(kind, subject, isEnabled: isEnabled, at: now))
            guard reported.count == 1 else { return false }
            try await transaction.run(.announce(event))
            return true
        }
        if isNew { host.bus.publish(event) }
    }
}
