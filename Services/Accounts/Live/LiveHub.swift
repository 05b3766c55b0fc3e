import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Lifecycle
import Postgres
import Redis
import Sockets
import Synchronization
import Telemetry

/// All client sockets of this process, and the bus that they hear through it.
final class LiveHub: Sendable {
    /// What decides who may hear of a charge point.
    private struct Access: Sendable {
        let level: Int16
        let owner: Int64?
        let shared: Set<Int64>
        let readAt: MonotonicInstant
    }

    private struct State {
        var sockets: [ObjectIdentifier: LiveSocket] = [:]
        var byUser: [Int64: [LiveSocket]] = [:]
        var byLogin: [ID<LoginSession>: [LiveSocket]] = [:]
        var bySession: [ID<ChargingSession>: [LiveSocket]] = [:]
        var access: [String: Access] = [:]
    }

    /// How long a start or a stop is waited for.
    let patience: Duration
    private let host: Host
    private let state = Mutex(State())

    /// Sockets of one person in one process; the oldest is closed.
    private static let mostOfUser = 10
    /// How long it is believed who may hear of a point; changes are told sooner.
    private static let accessLife = Duration.seconds(60)

    init(_ host: Host, patience: Duration) {
        self.host = host
        self.patience = patience
        host.metrics.gauge("voltbus_client_sockets", "Open client WebSockets.") { [weak self] in
            Double(self?.state.withLock { $0.sockets.count } ?? 0)
        }
    }

    func add(_ socket: LiveSocket) { state.withLock { $0.sockets[ObjectIdentifier(socket)] = socket } }

    func bind(_ socket: LiveSocket, to caller: Caller) {
        let oldest = state.withLock { state -> LiveSocket? in
            state.byUser[caller.user, default: []].append(socket)
            state.byLogin[ID(caller.loginSession), default: []].append(socket)
            let all = state.byUser[caller.user] ?? []
            guard all.count > Self.mostOfUser, let oldest = all.first else { return nil }
            // Not counted any more, however long its goodbye takes.
            Self.drop(oldest, caller.user, from: &state.byUser)
            return oldest
        }
        oldest.map { old in old.loop.execute { old.close(4_409, "too many sockets") } }
    }

    func remove(_ socket: LiveSocket) {
        let (caller, sessions) = (socket.caller, Array(socket.streams.keys))
        state.withLock { state in
            state.sockets[ObjectIdentifier(socket)] = nil
            if let caller {
                Self.drop(socket, caller.user, from: &state.byUser)
                Self.drop(socket, ID(caller.loginSession), from: &state.byLogin)
            }
            for session in sessions { Self.drop(socket, session, from: &state.bySession) }
        }
    }

    private static func drop<Key: Hashable>(
        _ socket: LiveSocket, _ key: Key, from table: inout [Key: [LiveSocket]]
    ) {
        guard var sockets = table[key] else { return }
        sockets.removeAll { $0 === socket }
        table[key] = sockets.isEmpty ? nil : sockets
    }

    func watch(_ session: ID<ChargingSession>, _ socket: LiveSocket) {
        state.withLock { state in
            let known = state.bySession[session] ?? []
            if !known.contains(where: { $0 === socket }) { state.bySession[session] = known + [socket] }
        }
    }

    func unwatch(_ session: ID<ChargingSession>, _ socket: LiveSocket) {
        state.withLock { Self.drop(socket, session, from: &$0.bySession) }
    }

    /// A part that hears the bus for all sockets.
    var part: Part {
        host.task("client sockets") { [self] in
            let listening = await host.bus.listen(
                [
                    .to(ReadingsStored.self) { [self] event in
                        for reading in event.readings {
                            each(ofSession: reading.session) { $0.hear(reading) }
                        }
                    },
                    .to(SessionStarted.self) { [self] event in
                        each(ofUser: event.session.user) { $0.moved(event.session.number) }
                    },
                    .to(SessionEnded.self) { [self] event in
                        each(ofUser: event.session.user) { $0.moved(event.session.number) }
                        each(ofSession: event.session.number) { $0.over(event.session.number) }
                    },
                    .to(LoginRevoked.self) { [self] event in
                        each(ofLogin: event.login) { $0.close(4_401, "login session ended") }
                    },
                    .to(ConnectorChanged.self) { [self] event in
                        tell(
                            event.place.chargePoint.text,
                            "connector #\(event.place.number): \(event.state.status.word)")
                    },
                    .to(StationConnected.self) { [self] event in tell(event.chargePoint.text, "connected") },
                    .to(StationDisconnected.self) { [self] event in
                        tell(event.chargePoint.text, "disconnected")
                    },
                    .to(StationLogged.self) { [self] event in tell(event) },
                    .to(PointChanged.self) { [self] event in
                        state.withLock { $0.access[event.chargePoint.text] = nil }
                    },
                    .to(RightsChanged.self) { [self] _ in state.withLock { $0.access = [:] } },
                ],
                onLive: { [self] in
                    Task(executorPreference: host.bus.loop) { await self.catchUp() }
                })
            while !Task.isCancelled {
                // Cancelled: the loop ends.
                try? await host.sleep(for: .seconds(60))
                await catchUp()
            }
            listening.cancel()
        }
    }

    /// What was told while nobody could hear it: logins that ended, sessions that are over.
    private func catchUp() async {
        let (logins, sessions) = state.withLock { state in
            state.access = [:]
            return (Array(state.byLogin.keys), state.bySession.keys.map(\.number))
        }
        do {
            if !logins.isEmpty {
                for login in try await host.database.run(.ended(among: logins, at: host.clock.now)) {
                    each(ofLogin: login) { $0.close(4_401, "login session ended") }
                }
            }
            if !sessions.isEmpty {
                for session in try await host.database.run(.finished(among: sessions)) {
                    each(ofSession: session) { $0.over(session) }
                }
            }
        } catch {
            host.log.debug("live.not_caught_up", ["error": .text("\(error)")])
        }
    }

    private func each(
        ofSession session: ID<ChargingSession>, _ body: @escaping @Sendable (LiveSocket) -> Void
    ) {
        for socket in state.withLock({ $0.bySession[session] ?? [] }) { socket.loop.execute { body(socket) } }
    }

    private func each(ofUser user: ID<User>?, _ body: @escaping @Sendable (LiveSocket) -> Void) {
        guard let user else { return }
        for socket in state.withLock({ $0.byUser[user.number] ?? [] }) {
            socket.loop.execute { body(socket) }
        }
    }

    private func each(ofLogin login: ID<LoginSession>, _ body: @escaping @Sendable (LiveSocket) -> Void) {
        for socket in state.withLock({ $0.byLogin[login] ?? [] }) {
            socket.loop.execute { body(socket) }
        }
    }

    /// Tells those who may know of the point.
    private func tell(_ point: String, _ info: String) {
        let (sockets, known) = state.withLock {
            ($0.sockets.isEmpty ? [] : Array($0.sockets.values), $0.access[point])
        }
        guard !sockets.isEmpty else { return }
        if let known, MonotonicInstant.now - known.readAt < Self.accessLife {
            return tell(point, info, known, sockets)
        }
        Task(executorPreference: host.bus.loop) {
            // Nobody hears of a point of which it is not known who may.
            guard let access = try? await self.readAccess(point) else { return }
            self.state.withLock { $0.access[point] = access }
            self.tell(point, info, access, sockets)
        }
    }

    private func tell(_ point: String, _ info: String, _ access: Access, _ sockets: [LiveSocket]) {
        // One hop for all sockets of a loop.
        for (_, group) in Dictionary(grouping: sockets, by: { ObjectIdentifier($0.loop) }) {
            guard let loop = group.first?.loop else { continue }
            loop.execute {
                for socket in group {
                    guard let caller = socket.caller else { continue }
                    let viewer = Viewer(caller)
                    if viewer.level >= Int(access.level) || access.owner == viewer.user
                        || access.shared.contains(viewer.user)
                    {
                        socket.hear(point: point, info)
                    }
                }
            }
        }
    }

    private func readAccess(_ point: String) async throws -> Access? {
        guard let row = try await host.database.run(.pointAccess(point)) else { return nil }
        return Access(level: row.level, owner: row.owner, shared: Set(row.shared), readAt: .now)
    }

    private func tell(_ event: StationLogged) {
        let sockets = state.withLock { Array($0.sockets.values) }
        guard !sockets.isEmpty else { return }
        let row = LogRow(
            time: LogRow.wallClock(event.at, in: host.settings.jobsZone), feature: event.feature,
            id: event.chargePoint?.text ?? "*", text: event.text, timestamp: event.at,
            importance: event.importance.word)
        let line = JSONWriter.text(row)
        for socket in sockets { socket.loop.execute { socket.hear(log: line, event.text) } }
    }
}

/// A row of the system log, as the API shows it (api.md 4.12).
struct LogRow: Codable, Sendable {
    var time: String
    var feature: String
    var id: String
    var text: String
    var timestamp: Date
    var importance: String

    /// `2026-11-20 11:30:05`.
    static func wallClock(_ moment: Date, in zone: TimeZone) -> String {
        let local = moment + TimeInterval(zone.secondsFromGMT(for: moment))
        return String(Timestamp.text(local).prefix(19)).replacing("T", with: " ")
    }
}

/// Who may hear of a point.
struct PointAccessRow: Row, Sendable {
    var level: Int16
    var owner: Int64?
    var shared: [Int64]

    static let columns = """
        point.access_level, point.owner_id, ARRAY(
            SELECT share.user_id FROM accounts.access_grant AS share
            WHERE share.charge_point_id = point.charge_point_id
                AND (share.expires_at IS NULL OR share.expires_at > now())
        )
        """

    init(_ cells: inout Cells) throws {
        level = try cells.next()
        owner = try cells.next()
        shared = try cells.next()
    }
}

extension Query where Result == [ID<LoginSession>] {
    /// Also those that were deleted.
    fileprivate static func ended(among logins: [ID<LoginSession>], at now: Date) -> Self {
        """
        SELECT asked.id
        FROM unnest(\(logins.map(\.number))::bigint[]) AS asked (id)
        LEFT JOIN accounts_view.login AS login ON login.login_session_id = asked.id
        WHERE login.login_session_id IS NULL OR login.is_revoked OR NOT login.is_active OR login.expires_at <= \(now)
        """
    }
}

extension Query where Result == [ID<ChargingSession>] {
    fileprivate static func finished(among sessions: [Int64]) -> Self {
        "SELECT session_id FROM gateway_view.session WHERE session_id = ANY(\(sessions)) AND is_finished"
    }
}

extension Query where Result == PointAccessRow? {
    fileprivate static func pointAccess(_ point: String) -> Self {
        """
        SELECT \(columns: PointAccessRow.self) FROM accounts.charge_point AS point
        WHERE point.charge_point_id = \(point) AND point.deleted_at IS NULL
        """
    }
}
