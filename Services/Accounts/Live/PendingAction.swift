import Contracts
import Core
import FoundationEssentials
import Postgres

/// A start or a stop that somebody waits for: kept outside of any socket, so that it survives reconnects and restarts
/// (api.md 3.3, Resume).
struct PendingAction: Row, Equatable, Sendable {
    enum Kind: String, Sendable {
        case start, stop

        var stage: LiveFrame.Stage { self == .start ? .start : .stop }
        /// Between two frames that say how long it has been.
        var pace: Duration { self == .start ? .seconds(2) : .seconds(3) }
    }

    var kind: Kind
    var session: ID<ChargingSession>
    var begunAt: Date

    static let columns = "kind, session_id, begun_at"
    init(_ kind: Kind, _ session: ID<ChargingSession>, at begunAt: Date) {
        self.kind = kind
        self.session = session
        self.begunAt = begunAt
    }

    init(_ cells: inout Cells) throws {
        // The table's own constraint keeps other words out.
        kind = Kind(rawValue: try cells.next()) ?? .start
        session = try cells.next()
        begunAt = try cells.next()
    }

    /// - Parameter patience: how long anybody waits.
    func isOver(at now: Date, patience: Duration) -> Bool {
        now.duration(since: begunAt) >= patience
    }

    /// What is said while it lasts.
    func waiting(at now: Date, patience: Duration) -> LiveFrame {
        var frame = LiveFrame.waiting(since: begunAt, for: patience, at: now)
        if kind == .stop { (frame.stage, frame.id) = (.stop, session.number) }
        return frame
    }

    var timeout: LiveFrame { .error("timeout", kind.stage) }

    var success: LiveFrame {
        let word = kind == .start ? "started" : "stopped"
        return LiveFrame(
            status: .success, stage: kind.stage, info: "Transaction \(word): \(session)", id: session.number,
            progress: 100)
    }

    /// What the session's state makes of it; nil while it goes on.
    func outcome(_ state: WatchedSession?) -> LiveFrame? {
        switch (kind, state) {
        case (_, nil): .error("no transaction data: \(session)", kind.stage)
        case (.start, let state?) where state.status == "initialized": nil
        case (.start, let state?) where state.endReason == "start_rejected":
            .error("rejected by charge point", .start, code: 2021)
        case (.start, let state?) where state.endReason == "start_timeout": timeout
        case (.start, _): success
        case (.stop, let state?): state.isFinished ? success : nil
        }
    }
}

extension Query where Result == PendingAction? {
    static func pendingAction(of user: Int64) -> Self {
        "SELECT \(columns: PendingAction.self) FROM accounts.pending_action WHERE user_id = \(user)"
    }
}

extension Query where Result == Void {
    static func keep(_ action: PendingAction, of user: Int64) -> Self {
        """
        INSERT INTO accounts.pending_action (user_id, kind, session_id, begun_at)
        VALUES (\(user), \(action.kind.rawValue), \(action.session), \(action.begunAt))
        ON CONFLICT (user_id) DO UPDATE
        SET kind = excluded.kind, session_id = excluded.session_id, begun_at = excluded.begun_at
        """
    }

    static func endAction(_ action: PendingAction, of user: Int64) -> Self {
        "DELETE FROM accounts.pending_action WHERE user_id = \(user) AND session_id = \(action.session)"
    }
}
