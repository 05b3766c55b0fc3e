import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Telemetry

/// Looks after sessions that nobody closes: starts that never came, stations that fell silent (api.md 5.2).
struct Sweep: Sendable {
    let gateway: Gateway

    /// A connector that says it is free, or has another session, ends the old one after this time.
    private static let freeFor: TimeInterval = 120
    /// Between two rounds: less is no break, however short the rounds are.
    private static let shortestBreak: TimeInterval = 60

    /// Ends starts whose station never began. Answers how many.
    func endStarts() async throws -> Int {
        let limit = gateway.host.clock.now - seconds(gateway.settings.startTimeout)
        let late = try await gateway.host.database.run(.lateStarts(requestedBefore: limit))
        return try await end(late, end: .startTimeout, reason: "start timeout")
    }

    /// Notes that sessions are being looked after, now. Answers since when they have been without a break longer than two rounds of the job.
    func keepWatch() async throws -> Date {
        let now = gateway.host.clock.now
        let longest = max(TimeInterval(2 * gateway.settings.sweepEvery), Self.shortestBreak)
        let since = try await gateway.host.database.run(.keepWatch(at: now, longestBreak: longest))
        if since == now { gateway.host.log.info("gateway.listens_anew", [:]) }
        return since
    }

    /// Ends sessions that were silent too long. Answers how many.
    ///
    /// - Parameter listening: since when somebody would have heard them. After a longer outage of gateways or database, and after a jump of
    ///   the clock, all of them look silent; their stations get the time to be heard.
    func endSilent(listening: Date) async throws -> Int {
        let now = gateway.host.clock.now
        func limit(_ passed: TimeInterval) -> Date { listening <= now - passed ? now - passed : .distantPast }
        let silent = try await gateway.host.database.run(
            .silentSessions(
                heardBefore: limit(seconds(gateway.settings.sweepSilence)), freeSince: limit(Self.freeFor)))
        var ended = 0
        for session in silent {
            ended += try await end(
                [session.number], end: .connectionLost,
                reason: session.hasReading ? "stopped by system" : "aborted by system")
        }
        return ended
    }

    private func end(_ numbers: [ID<ChargingSession>], end: SessionEnd, reason: String) async throws -> Int {
        var count = 0
        for number in numbers {
            let event = try await gateway.host.database.transaction { transaction in
                try await gateway.closeByLastReading(
                    number, end: end, reason: reason, note: "", gateway.host.clock.now, in: transaction)
            }
            guard let event else { continue }
            gateway.tell(event)
            gateway.forget(event)
            count += 1
        }
        return count
    }

    /// A station of this gateway is asked for a reading before its session is given up: at half the time.
    func askSilent() async throws {
        let half = gateway.host.clock.now - seconds(gateway.settings.sweepSilence) / 2
        let waiting = try await gateway.host.database.run(
            .silentSessions(heardBefore: half, freeSince: .distantPast))
        for session in waiting {
            guard let id = ChargePointID(session.point), let link = gateway.links[id] else { continue }
            let payload = Array(
                #"{"requestedMessage":"MeterValues","connectorId":\#(session.connector)}"#.utf8)
            Task(executorPreference: link.loop) { _ = await link.call(.triggerMessage, payload) }
        }
    }

    private func seconds(_ duration: Duration) -> TimeInterval {
        TimeInterval(duration.components.seconds)
    }
}

/// An unfinished session of which nothing was heard.
struct SilentSession: Row, Sendable {
    var number: ID<ChargingSession>
    var point: String
    var connector: Int32
    var hasReading: Bool

    static let columns = """
        charge.session_id, charge.charge_point_id, charge.connector_id, charge.last_reading_at IS NOT NULL
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        hasReading = try cells.next()
    }
}

extension Query where Result == [ID<ChargingSession>] {
    fileprivate static func lateStarts(requestedBefore limit: Date) -> Self {
        """
        SELECT session_id FROM gateway.session
        WHERE status = 'initialized' AND requested_at < \(limit)
        ORDER BY session_id
        LIMIT 500
        """
    }
}

extension Query where Result == Date {
    fileprivate static func keepWatch(at now: Date, longestBreak: TimeInterval) -> Self {
        """
        INSERT INTO gateway.watch AS watch (listening_since, looked_at) VALUES (\(now), \(now))
        ON CONFLICT (is_only) DO UPDATE
        SET listening_since = CASE
                WHEN abs(extract(epoch FROM EXCLUDED.looked_at - watch.looked_at)) <= \(longestBreak) THEN watch.listening_since
                ELSE EXCLUDED.looked_at
            END,
            looked_at = EXCLUDED.looked_at
        RETURNING listening_since
        """
    }
}

extension Query where Result == [SilentSession] {
    fileprivate static func silentSessions(heardBefore limit: Date, freeSince: Date) -> Self {
        """
        SELECT \(columns: SilentSession.self)
        FROM gateway.session AS charge
        LEFT JOIN gateway.connector_status AS report
            ON report.charge_point_id = charge.charge_point_id AND report.connector_id = charge.connector_id
        WHERE NOT charge.is_finished AND charge.status <> 'initialized'
            AND (coalesce(charge.last_heard_at, charge.requested_at) <= \(limit)
                OR (report.status = 'Available' AND report.received_at <= \(freeSince)
                    AND report.received_at > charge.start_received_at))
        ORDER BY charge.session_id
        LIMIT 500
        """
    }
}
