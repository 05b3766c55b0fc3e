import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Lifecycle
import Mail
import Postgres
import Redis
import Telemetry

/// Tells people what the other services say of their sessions and payments (api.md 5.11), and ties sessions to the bookings
/// that they belong to. Each once, however often it is told.
struct NewsIntake: Sendable {
    let host: Host
    let mail: MailQueue

    var parts: [Part] { [sessions, bills, pauses] }

    private var sessions: Part {
        let host = host
        let consumer = EventConsumer(
            "news", reading: .gateway, on: host.database, bus: host.bus,
            inTransaction: [
                .on(SessionStarted.self) { told, transaction in
                    try await Self.link(told.event, in: transaction, at: host.clock.now)
                },
                .on(SessionEnded.self) { told, transaction in
                    let target = try await transaction.run(.target(of: told.event.session.number))
                    guard let news = News.ended(told.event, target: target) else { return }
                    try await transaction.run(.notify(news, at: host.clock.now))
                },
            ])
        return host.task("news of sessions") { await consumer.run() }
    }

    private static func link(_ event: SessionStarted, in transaction: Transaction, at now: Date) async throws
    {
        guard let user = event.session.user else { return }
        let (session, place) = (event.session.number, event.session.place)
        try await transaction.run(.link(session, of: user, at: place, now: now))
        try await transaction.run(
            .link(session, of: user, toMeetingAt: place, meeting: event.meeting, startedAt: event.startedAt))
    }

    private var bills: Part {
        let (host, mail) = (host, mail)
        let consumer = EventConsumer(
            "news", reading: .billing, on: host.database, bus: host.bus, committed: { mail.ring() },
            inTransaction: [
                .on(SessionSettled.self) { told, transaction in
                    let event = told.event
                    // What never began is no charge.
                    guard let user = event.user, event.energy.wattHours > 0 || event.cost.minorUnits > 0
                    else { return }
                    let receipt =
                        "\(host.settings.backendURL)/api/v1/transactions/info/\(event.session)/receipt"
                    let news = News.charged(event, for: user, receipt: receipt)
                    guard try await transaction.run(.notifyOnce(news, at: host.clock.now)).count == 1,
                        let driver = try await transaction.run(.account(.id(user))), driver.warns,
                        let mailbox = driver.warningMailbox
                    else { return }
                    let letter = Letter.charged(event, receipt: receipt, in: driver.language)
                    try await transaction.run(mail.keep(letter, to: mailbox))
                },
                .on(PaymentFailed.self) { told, transaction in
                    try await transaction.run(.notify(.unpaid(told.event), at: host.clock.now))
                },
            ])
        return host.task("news of bills") { await consumer.run() }
    }

    /// A pause is only told: whoever was not there sees how the session ended.
    private var pauses: Part {
        let host = host
        return host.task("news of pauses") {
            let listening = await host.bus.listen([
                .to(ConnectorChanged.self) { event in
                    let isPaused =
                        event.state.status == .known(.suspendedByStation)
                        || event.state.status == .known(.suspendedByCar)
                    guard isPaused, let session = event.state.session else { return }
                    Task(executorPreference: host.bus.loop) { await tellPause(of: session) }
                }
            ])
            while !Task.isCancelled {
                // Cancelled: the loop ends.
                try? await host.sleep(for: .seconds(3_600))
            }
            listening.cancel()
        }
    }

    private func tellPause(of session: ID<ChargingSession>) async {
        do {
            guard let paused = try await host.database.run(.pausedSession(session)) else { return }
            try await host.database.run(
                .notify(.paused(session, at: paused.point, paused.user), at: host.clock.now))
        } catch {
            host.log.warning("news.pause_untold", ["session": .id(session), "error": .text("\(error)")])
        }
    }
}

extension Account {
    /// Where they want to be warned; nil where nobody could be reached.
    fileprivate var warningMailbox: Mailbox? {
        Mailbox(name: name, address: warningEmail.isEmpty ? email : warningEmail)
    }
}

/// A session that has not got what it was begun for.
private struct PausedSession: Row, Sendable {
    var user: ID<User>
    var point: String

    static let columns = "user_id, charge_point_id"

    init(_ cells: inout Cells) throws {
        user = try cells.next()
        point = try cells.next()
    }
}

extension Query where Result == PausedSession? {
    fileprivate static func pausedSession(_ session: ID<ChargingSession>) -> Self {
        """
        SELECT \(columns: PausedSession.self) FROM gateway_view.session
        WHERE session_id = \(session) AND NOT is_finished AND user_id IS NOT NULL AND energy_wh < target_wh
        """
    }
}

extension Query where Result == Energy? {
    fileprivate static func target(of session: ID<ChargingSession>) -> Self {
        "SELECT target_wh FROM gateway_view.session WHERE session_id = \(session) AND target_wh IS NOT NULL"
    }
}

extension Query where Result == Void {
    /// - Parameter meeting: where the gateway knows it.
    fileprivate static func link(
        _ session: ID<ChargingSession>, of user: ID<User>, toMeetingAt place: ConnectorPlace,
        meeting: ID<Meeting>?,
        startedAt: Date
    ) -> Self {
        """
        UPDATE accounts.meeting AS meeting SET charging_id = \(session)
        FROM accounts.time_slot AS slot
        WHERE slot.id = meeting.slot_id AND meeting.student_id = \(user) AND meeting.status = 'confirmed'
            AND slot.charge_point_id = \(place.chargePoint.text)
            AND (slot.connector_id IS NULL OR slot.connector_id = \(Int32(clamping: place.number)))
            AND (meeting.id = \(meeting as ID<Meeting>?)
                OR (\(startedAt) >= slot.start_time AND \(startedAt) < slot.end_time))
        """
    }
}
