import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

extension Gateway {
    /// What operators decide about frames, stops and readings that were not believed. Whichever gateway claims such a command
    /// first carries it out, so that the station may be away.
    var reviewCommands: [CommandHandler] {
        [
            .on(DismissFrame.self) { [self] wish, _ in try await dismiss(wish) },
            .on(DismissOrphan.self) { [self] wish, _ in try await dismiss(wish) },
            .on(AttachOrphan.self) { [self] wish, _ in try await attach(wish) },
            .on(SignCertificateRequest.self) { [self] wish, context in try await sign(wish, by: context.asker)
            },
            .on(RefuseCertificateRequest.self) { [self] wish, context in
                try await refuse(wish, by: context.asker)
            },
            .on(ReviewReading.self) { [self] wish, _ in try await review(wish) },
        ]
    }

    private func dismiss(_ wish: DismissFrame) async throws -> Done {
        let known = try await host.database.run(.dismiss(wish))
        return try Self.done(known, "frame")
    }

    private func dismiss(_ wish: DismissOrphan) async throws -> Done {
        let known = try await host.database.run(.dismiss(wish))
        return try Self.done(known, "stop")
    }

    private static func done(_ known: Dismissal?, _ what: String) throws(CommandRefusal) -> Done {
        guard let known else { throw CommandRefusal(.failed, "\(what) not found") }
        guard !known.wasDone else { throw .decidedAlready }
        return Done()
    }
}

extension CommandRefusal {
    static let decidedAlready = CommandRefusal(.inUse, "decided already")
}

/// Whether there was something to dismiss.
struct Dismissal: Row, Sendable {
    let wasDone: Bool

    static let columns = "was_done"

    init(_ cells: inout Cells) throws { wasDone = try cells.next() }
}

extension Query where Result == Dismissal? {
    fileprivate static func dismiss(_ wish: DismissFrame) -> Self {
        """
        WITH known AS (
            SELECT id, status = 'done' AS was_done FROM gateway.quarantined_frame
            WHERE id = \(wish.frame.number) AND charge_point_id = \(wish.chargePoint.text)
            FOR UPDATE
        ), done AS (
            UPDATE gateway.quarantined_frame AS frame SET status = 'done', note = \(wish.note ?? "")
            FROM known
            WHERE frame.id = known.id AND NOT known.was_done
        )
        SELECT \(columns: Dismissal.self) FROM known
        """
    }

    fileprivate static func dismiss(_ wish: DismissOrphan) -> Self {
        """
        WITH known AS (
            SELECT id, status = 'done' AS was_done FROM gateway.stop_orphan
            WHERE id = \(wish.orphan.number) AND charge_point_id = \(wish.chargePoint.text)
            FOR UPDATE
        ), done AS (
            UPDATE gateway.stop_orphan AS orphan SET status = 'done', note = \(wish.note ?? "")
            FROM known
            WHERE orphan.id = known.id AND NOT known.was_done
        )
        SELECT \(columns: Dismissal.self) FROM known
        """
    }
}
