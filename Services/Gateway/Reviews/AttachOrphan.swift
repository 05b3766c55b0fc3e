import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

/// A stop whose session nobody knew, held until the transaction ends.
private struct HeldOrphan: Row, Sendable {
    var isDone: Bool
    var tag: String
    var meter: Int64
    var stoppedAt: Date
    var reason: String

    static let columns = "status = 'done', tag, meter_stop, stopped_at, reason"

    init(_ cells: inout Cells) throws {
        isDone = try cells.next()
        tag = try cells.next()
        meter = try cells.next()
        stoppedAt = try cells.next()
        reason = try cells.next()
    }
}

extension Gateway {
    /// The stop ends the session that it is said to belong to, or amends it: the bill follows the event.
    func attach(_ wish: AttachOrphan) async throws -> Done {
        let now = host.clock.now
        let outcome = try await host.database.transaction { transaction in
            guard let orphan = try await transaction.run(.hold(wish.orphan, of: wish.chargePoint)) else {
                throw CommandRefusal(.failed, "stop not found")
            }
            guard !orphan.isDone else { throw CommandRefusal.decidedAlready }
            guard let held = try await transaction.run(.hold(wish.session.number, at: wish.chargePoint)),
                let reference = held.reference
            else { throw CommandRefusal(.inUse, "the session is of another charge point") }
            guard held.startedAt.map({ $0 <= orphan.stoppedAt }) ?? false else {
                throw CommandRefusal(.inUse, "the stop lies before the session's start")
            }
            let stop = ReportedStop(
                transaction: wish.session.number, tag: orphan.tag, meter: orphan.meter,
                moment: orphan.stoppedAt,
                reason: orphan.reason.isEmpty ? "Other" : orphan.reason, note: "stop attached by an operator",
                samples: [])
            let outcome = try await self.end(held, reference, stop, .orphanAttached, now, in: transaction)
            guard !outcome.events.isEmpty else {
                throw CommandRefusal(.inUse, "the session has a stop of its own")
            }
            try await transaction.run(.attached(wish))
            return outcome
        }
        for event in outcome.events { event.tell(by: self) }
        return Done()
    }
}

extension Query where Result == HeldOrphan? {
    fileprivate static func hold(_ orphan: ID<OrphanStop>, of point: ChargePointID) -> Self {
        """
        SELECT \(columns: HeldOrphan.self) FROM gateway.stop_orphan
        WHERE id = \(orphan) AND charge_point_id = \(point.text)
        FOR UPDATE
        """
    }
}

extension Query where Result == Void {
    fileprivate static func attached(_ wish: AttachOrphan) -> Self {
        """
        UPDATE gateway.stop_orphan SET status = 'done', session_id = \(wish.session), note = \(wish.note ?? "")
        WHERE id = \(wish.orphan)
        """
    }
}
