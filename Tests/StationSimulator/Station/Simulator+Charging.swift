package import Core
import FoundationEssentials
package import OCPP
import Sockets

// What happens in front of the station: cables, cards, sessions.

/// What became of a charge from beginning to end.
package struct Charge: Equatable, Sendable {
    /// Nil when the start was never answered, or no session began.
    package let transactionId: Int?
    package let meterStart: Int
    package let meterStop: Int

    package init(transactionId: Int?, meterStart: Int, meterStop: Int) {
        self.transactionId = transactionId
        self.meterStart = meterStart
        self.meterStop = meterStop
    }
}

extension Simulator {
    private func place(of connector: Int) -> Int? { outlets.firstIndex { $0.number == connector } }

    /// The status that the station last reported, or would have reported were it online.
    package func status(of connector: Int) -> V16.ChargePointStatus? {
        place(of: connector).map { outlets[$0].status }
    }

    /// Of the session that runs; nil without one, or while its start is not answered.
    package func transaction(at connector: Int = 1) -> Int? {
        place(of: connector).flatMap { outlets[$0].session?.transactionId }
    }

    package func isCharging(at connector: Int = 1) -> Bool {
        place(of: connector).map { outlets[$0].session != nil } ?? false
    }

    package func register(of connector: Int = 1) -> Int? {
        place(of: connector).map { outlets[$0].meter.wattHours }
    }

    /// Puts the cable in. Whoever was waiting for it begins to charge.
    package func plugIn(_ connector: Int = 1) async {
        guard let index = place(of: connector), !outlets[index].isPlugged else { return }
        outlets[index].isPlugged = true
        if let awaited = outlets[index].awaited {
            outlets[index].awaited = nil
            await begin(connector, tag: awaited.idTag)
        } else {
            await change(connector, to: .preparing)
        }
    }

    /// Pulls the cable out, which ends a session unless the station was told otherwise.
    package func unplug(_ connector: Int = 1) async {
        guard let index = place(of: connector), outlets[index].isPlugged else { return }
        outlets[index].isPlugged = false
        if outlets[index].session != nil {
            guard configuration.flag("StopTransactionOnEVSideDisconnect") else {
                return await change(connector, to: .suspendedByVehicle)
            }
            await stop(connector, reason: .vehicleDisconnected)
        }
        await change(connector, to: restingStatus(of: connector))
    }

    /// Shows a card: begins a session where none runs and the cable is in or comes within the time-out; ends the one
    /// that runs when it is the same card.
    package func present(_ tag: String, at connector: Int = 1) async -> V16.AuthorizationStatus {
        guard let index = place(of: connector) else { return .invalid }
        if let session = outlets[index].session {
            guard session.idTag.lowercased() == tag.lowercased() else { return .invalid }
            await stop(connector, reason: .local, tag: tag)
            return .accepted
        }
        if outlets[index].isKept(from: tag, at: clock.now) { return .invalid }
        let status = await authorize(tag)
        guard status == .accepted else { return status }
        if outlets[index].isPlugged {
            await begin(connector, tag: tag)
        } else {
            await awaitCable(at: connector, tag: tag)
        }
        return .accepted
    }

    /// Asks whether a card may charge; offline, the station decides by its configuration.
    package func authorize(_ tag: String) async -> V16.AuthorizationStatus {
        do {
            return try await call(V16.Authorize.self, .init(idTag: .init(cutting: tag))).idTagInfo.status
        } catch .disconnected {
            return configuration.flag("LocalAuthorizeOffline") ? .accepted : .invalid
        } catch {
            return .invalid
        }
    }

    /// Holds the connector for a card until the cable comes or the time for it is over.
    func awaitCable(at connector: Int, tag: String) async {
        guard let index = place(of: connector) else { return }
        let number = (outlets[index].awaited?.number ?? 0) + 1
        outlets[index].awaited = .init(idTag: tag, number: number)
        await change(connector, to: .preparing)
        if profile.hasDriver { return await plugIn(connector) }
        let patience = Duration.seconds(configuration.whole("ConnectionTimeOut"))
        guard let wait = clock.worldTime(for: patience) else { return }
        spawn { station in
            guard (try? await station.loop.sleep(for: wait)) != nil else { return }
            await station.giveUpWaiting(at: connector, number: number)
        }
    }

    /// The time for the cable is over: what a clock that moves by hand does not bring about.
    package func giveUp(_ connector: Int = 1) async {
        guard let awaited = place(of: connector).flatMap({ outlets[$0].awaited }) else { return }
        await giveUpWaiting(at: connector, number: awaited.number)
    }

    private func giveUpWaiting(at connector: Int, number: Int) async {
        guard let index = place(of: connector), outlets[index].awaited?.number == number else { return }
        outlets[index].awaited = nil
        await change(connector, to: restingStatus(of: connector))
    }

    /// A session begins, and is told as soon as there is a connection.
    package func begin(_ connector: Int = 1, tag: String) async {
        guard let index = place(of: connector), outlets[index].session == nil, outlets[index].isOperative,
            !outlets[index].isKept(from: tag, at: clock.now)
        else {
            return
        }
        outlets[index].count(until: clock.now)
        let session = Session(
            connector: connector, idTag: tag, startedAt: Timestamp(clock.now),
            meterStart: outlets[index].meter.wattHours, reservation: outlets[index].kept?.reservation)
        outlets[index].kept = nil
        outlets[index].session = session
        outbox.append(.start(session))
        await tellWhatWaits()
        // Refused meanwhile.
        guard outlets[index].session === session else { return }
        await change(connector, to: .charging)
        sampleRegularly(session)
    }

    private func sampleRegularly(_ session: Session) {
        let seconds = configuration.whole("MeterValueSampleInterval")
        guard seconds > 0, let wait = clock.worldTime(for: .seconds(seconds)) else { return }
        let connector = session.connector
        let start = session.startedAt
        spawn { station in
            while (try? await station.loop.sleep(for: wait)) != nil {
                guard station.isRunning(connector, since: start) else { return }
                await station.sample(connector)
            }
        }
    }

    private func isRunning(_ connector: Int, since start: Timestamp) -> Bool {
        place(of: connector).map { outlets[$0].session?.startedAt == start } ?? false
    }

    /// Sends the meter's values, of the session where one runs.
    package func sample(_ connector: Int = 1, context: V16.ReadingContext = .samplePeriodic) async {
        guard let index = place(of: connector) else { return }
        outbox.append(
            .readings(outlets[index].session, connector: connector, [reading(of: index, context: context)]))
        await tellWhatWaits()
    }

    private func reading(of index: Int, context: V16.ReadingContext) -> V16.MeterValue {
        outlets[index].count(until: clock.now)
        return V16.MeterValue(
            timestamp: Timestamp(clock.now),
            sampledValue: outlets[index].meter.samples(
                of: configuration.words("MeterValuesSampledData"), context: context,
                isCharging: outlets[index].status == .charging))
    }

    /// The session ends, and is told as soon as there is a connection.
    package func stop(_ connector: Int = 1, reason: V16.StopReason = .local, tag: String? = nil) async {
        guard let index = place(of: connector), let session = end(connector, reason: reason, tag: tag) else {
            return
        }
        let isPlugged = outlets[index].isPlugged
        await change(connector, to: isPlugged ? .finishing : restingStatus(of: connector))
        await tellWhatWaits()
        if manners.allow(.readsBetweenSessions) { await readBetweenSessions(session) }
        if profile.hasDriver, isPlugged { await unplug(connector) }
    }

    /// Ends the session without telling it yet.
    @discardableResult
    func end(_ connector: Int, reason: V16.StopReason, tag: String? = nil) -> Session? {
        guard let index = place(of: connector), let session = outlets[index].session else { return nil }
        let last = reading(of: index, context: .transactionEnd)
        outlets[index].session = nil
        if outlets[index].isToClose {
            outlets[index].isToClose = false
            outlets[index].isOperative = false
        }
        guard !manners.allow(.neverStops) else { return session }
        outbox.append(
            .stop(
                session,
                .init(
                    idTag: tag.map { .init(cutting: $0) }, meterStop: outlets[index].meter.wattHours,
                    timestamp: Timestamp(clock.now), transactionId: -1, reason: .known(reason),
                    transactionData: configuration.words("StopTxnSampledData").isEmpty ? nil : [last])))
        return session
    }

    /// A whole charge: cable in, card shown, readings at even distances, card shown again, cable out. The station's
    /// clock must move by hand, so that a night passes at once.
    @discardableResult
    package func charge(
        tag: String, energy: Energy, over duration: Duration, readings: Int = 6, connector: Int = 1
    ) async throws -> Charge {
        precondition(clock.pace == .byHand, "a charge in no time needs a clock that moves by hand")
        guard let index = place(of: connector) else { throw NoSuchConnector(number: connector) }
        await plugIn(connector)
        let meterStart = outlets[index].meter.wattHours
        guard await present(tag, at: connector) == .accepted, let session = outlets[index].session else {
            return Charge(transactionId: nil, meterStart: meterStart, meterStop: meterStart)
        }
        for number in 1...max(readings, 1) {
            clock.advance(by: duration / max(readings, 1))
            outlets[index].meter.add(wattHours: Double(energy.wattHours) / Double(max(readings, 1)))
            outlets[index].countedUntil = clock.now
            // The last one is the stop's own.
            if number < readings { await sample(connector) }
        }
        let meterStop = outlets[index].meter.wattHours
        await stop(connector, reason: .local, tag: tag)
        return Charge(transactionId: session.transactionId, meterStart: meterStart, meterStop: meterStop)
    }

    package struct NoSuchConnector: Error { let number: Int }

    /// Something breaks, or works again.
    package func fault(_ connector: Int, _ code: V16.ChargePointErrorCode) async {
        guard let index = place(of: connector) else { return }
        outlets[index].errorCode = code
        if code != .noError { await stop(connector, reason: .other) }
        await change(connector, to: code == .noError ? restingStatus(of: connector) : .faulted)
    }

    /// What the connectors are after a start: whatever they were doing is over.
    func restoreStatus() {
        for index in outlets.indices {
            outlets[index].awaited = nil
            outlets[index].status = restingStatus(of: outlets[index].number)
        }
    }

    func restingStatus(of connector: Int) -> V16.ChargePointStatus {
        guard let index = place(of: connector) else { return .available }
        if outlets[index].errorCode != .noError { return .faulted }
        if !outlets[index].isOperative { return .unavailable }
        if outlets[index].isPlugged { return .preparing }
        return outlets[index].kept == nil ? .available : .reserved
    }

    /// Opens or closes a connector; a session that runs is let end. Returns whether it took effect.
    func setOperative(_ isOperative: Bool, connector: Int) -> Bool {
        guard let index = place(of: connector) else { return false }
        guard isOperative || outlets[index].session == nil else {
            outlets[index].isToClose = true
            return false
        }
        outlets[index].isToClose = false
        outlets[index].isOperative = isOperative
        if outlets[index].session == nil { outlets[index].status = restingStatus(of: connector) }
        return true
    }

    func change(_ connector: Int, to status: V16.ChargePointStatus) async {
        guard let index = place(of: connector), outlets[index].status != status else { return }
        outlets[index].count(until: clock.now)
        outlets[index].status = status
        await report(connector)
        if manners.allow(.floodsStatus) { for _ in 0..<100 { await report(connector) } }
    }

    /// The whole point first, then each connector.
    func reportStatus() async {
        await report(0)
        for outlet in outlets { await report(outlet.number) }
    }

    func report(_ connector: Int) async {
        let outlet = place(of: connector).map { outlets[$0] }
        // What is not told for want of a connection is told by `reportStatus` after the next one.
        _ = try? await call(
            V16.StatusNotification.self,
            .init(
                connectorId: connector, errorCode: .known(outlet?.errorCode ?? .noError),
                status: outlet?.status ?? .available, timestamp: Timestamp(clock.now)))
    }

    /// Says one message of the outbox to the central system.
    func tell(_ message: TransactionMessage) async throws(CallFailure) {
        switch message {
        case .start(let session): try await tellStart(session)
        case .readings(let session, let connector, let values):
            _ = try await call(
                V16.MeterValues.self,
                .init(connectorId: connector, transactionId: session?.transactionId, meterValue: values))
        case .stop(let session, var request):
            // A start that was never answered leaves its stop without a number.
            request.transactionId = session.transactionId ?? -1
            _ = try await call(V16.StopTransaction.self, request)
            if manners.allow(.repeatsStop) {
                for _ in 0..<2 { _ = try await call(V16.StopTransaction.self, request) }
            }
            if manners.allow(.stopsUnknown) {
                request.transactionId = 2_000_000_000
                _ = try await call(V16.StopTransaction.self, request)
            }
        }
    }

    private func tellStart(_ session: Session) async throws(CallFailure) {
        let request = V16.StartTransaction.Request(
            connectorId: session.connector, idTag: .init(cutting: session.idTag),
            meterStart: session.meterStart, reservationId: session.reservation, timestamp: session.startedAt)
        let answer = try await call(V16.StartTransaction.self, request)
        session.transactionId = answer.transactionId
        if manners.allow(.repeatsStart) { _ = try await call(V16.StartTransaction.self, request) }
        guard answer.idTagInfo.status != V16.AuthorizationStatus.accepted,
            configuration.flag("StopTransactionOnInvalidId"),
            isRunning(session.connector, since: session.startedAt)
        else { return }
        end(session.connector, reason: .deAuthorized)
        let connector = session.connector
        spawn { await $0.change(connector, to: .finishing) }
    }

    /// The old number again, long after its session ended.
    private func readBetweenSessions(_ session: Session) async {
        guard let index = place(of: session.connector) else { return }
        outbox.append(
            .readings(session, connector: session.connector, [reading(of: index, context: .sampleClock)]))
        await tellWhatWaits()
    }
}
