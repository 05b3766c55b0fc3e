import Core
package import OCPP

// What the central system asks, and how a station answers it.

extension Simulator {
    private static let offered: Set<V16.Action> = [
        .changeAvailability, .changeConfiguration, .clearCache, .dataTransfer, .getConfiguration,
        .remoteStartTransaction, .remoteStopTransaction, .reset, .unlockConnector, .triggerMessage,
        .reserveNow, .cancelReservation, .getLocalListVersion, .sendLocalList,
    ]

    /// What a station does once its answer is out.
    private typealias Afterwards = @Sendable (isolated Simulator) async -> Void

    /// Has the station answer calls of this action with these payloads, one after the other and the last for ever; they may be
    /// wrong. What it would do by itself it does not.
    package func answer(_ action: V16.Action, with payloads: String...) {
        scripts[action] = payloads
    }

    func answer(_ frame: OCPPFrame) {
        if let action = V16.Action(rawValue: frame.action), let script = scripts[action],
            let next = script.first
        {
            if script.count > 1 { scripts[action] = Array(script.dropFirst()) }
            var bytes: [UInt8] = []
            OCPPFrameWriter.result(payload: Array(next.utf8), id: frame.id, into: &bytes)
            return reply(bytes)
        }
        do throws(CallError) {
            switch try V16.Action.read(frame.action, from: .centralSystem, offered: Self.offered) {
            case .changeAvailability: try give(V16.ChangeAvailability.self, frame, changeAvailability)
            case .changeConfiguration: try give(V16.ChangeConfiguration.self, frame, changeConfiguration)
            case .clearCache: try give(V16.ClearCache.self, frame) { _ in (.init(status: .accepted), nil) }
            case .dataTransfer: try give(V16.DataTransfer.self, frame, transferData)
            case .getConfiguration: try give(V16.GetConfiguration.self, frame, getConfiguration)
            case .remoteStartTransaction: try give(V16.RemoteStartTransaction.self, frame, remoteStart)
            case .remoteStopTransaction: try give(V16.RemoteStopTransaction.self, frame, remoteStop)
            case .reset: try give(V16.Reset.self, frame, reset)
            case .unlockConnector: try give(V16.UnlockConnector.self, frame, unlock)
            case .triggerMessage: try give(V16.TriggerMessage.self, frame, trigger)
            case .reserveNow: try give(V16.ReserveNow.self, frame, reserve)
            case .cancelReservation: try give(V16.CancelReservation.self, frame, cancelReservation)
            case .getLocalListVersion:
                try give(V16.GetLocalListVersion.self, frame) { _ in
                    (.init(listVersion: tags?.version ?? -1), nil)
                }
            case .sendLocalList:
                try give(V16.SendLocalList.self, frame) { request in
                    (.init(status: tags?.take(request) ?? .notSupported), nil)
                }
            default: throw CallError(.notSupported)
            }
        } catch {
            refuse(error, frame.id)
        }
    }

    private func give<Call: OCPPCall>(
        _ call: Call.Type, _ frame: OCPPFrame, _ decide: (Call.Request) -> (Call.Response, Afterwards?)
    ) throws(CallError) {
        let request: Call.Request
        do {
            request = try frame.decode()
        } catch {
            throw CallError(error)
        }
        let (response, afterwards) = decide(request)
        var bytes: [UInt8] = []
        OCPPFrameWriter.result(of: call, response, id: frame.id, into: &bytes)
        reply(bytes)
        if let afterwards { spawn(afterwards) }
    }

    private func changeAvailability(
        _ request: V16.ChangeAvailability.Request
    ) -> (V16.ChangeAvailability.Response, Afterwards?) {
        let numbers = request.connectorId == 0 ? outlets.map(\.number) : [request.connectorId]
        guard numbers.allSatisfy({ number in outlets.contains { $0.number == number } }) else {
            return (.init(status: .rejected), nil)
        }
        let haveEffect = numbers.map { setOperative(request.type == .operative, connector: $0) }
        return (
            .init(status: haveEffect.allSatisfy(\.self) ? .accepted : .scheduled), { await $0.reportStatus() }
        )
    }

    private func changeConfiguration(
        _ request: V16.ChangeConfiguration.Request
    ) -> (V16.ChangeConfiguration.Response, Afterwards?) {
        let status = configuration.change(request.key.text, to: request.value.text)
        if status == .accepted, request.key.text == "HeartbeatInterval" { heartbeatIntervalChanged() }
        return (.init(status: status), nil)
    }

    private func getConfiguration(
        _ request: V16.GetConfiguration.Request
    ) -> (V16.GetConfiguration.Response, Afterwards?) {
        (configuration.answer(to: (request.key ?? []).map(\.text)), nil)
    }

    /// Only its own maker's messages are known to a station.
    private func transferData(_ request: V16.DataTransfer.Request) -> (V16.DataTransfer.Response, Afterwards?)
    {
        guard request.vendorId.text == profile.vendor else { return (.init(status: .unknownVendorId), nil) }
        guard request.messageId?.text == "Echo" else { return (.init(status: .unknownMessageId), nil) }
        return (.init(status: .accepted, data: request.data), nil)
    }

    private func remoteStart(
        _ request: V16.RemoteStartTransaction.Request
    ) -> (V16.RemoteStartTransaction.Response, Afterwards?) {
        let wanted = outlets.first {
            request.connectorId == nil ? $0.isFree : $0.number == request.connectorId
        }
        guard profile.obeys, let wanted, wanted.isFree,
            !wanted.isKept(from: request.idTag.text, at: clock.now)
        else { return (.init(status: .rejected), nil) }
        let (tag, connector) = (request.idTag.text, wanted.number)
        return (
            .init(status: .accepted),
            { station in
                if station.configuration.flag("AuthorizeRemoteTxRequests") {
                    guard await station.authorize(tag) == .accepted else { return }
                }
                if station.outlets.contains(where: { $0.number == connector && $0.isPlugged }) {
                    await station.begin(connector, tag: tag)
                } else {
                    await station.awaitCable(at: connector, tag: tag)
                }
            }
        )
    }

    private func reserve(_ request: V16.ReserveNow.Request) -> (V16.ReserveNow.Response, Afterwards?) {
        guard profile.obeys, let index = outlets.firstIndex(where: { $0.number == request.connectorId })
        else { return (.init(status: .rejected), nil) }
        let outlet = outlets[index]
        if outlet.errorCode != .noError { return (.init(status: .faulted), nil) }
        if !outlet.isOperative { return (.init(status: .unavailable), nil) }
        let isOthers = outlet.kept.map { $0.reservation != request.reservationId } ?? false
        if !outlet.isFree || outlet.isPlugged || isOthers { return (.init(status: .occupied), nil) }
        outlets[index].kept = .init(
            reservation: request.reservationId, idTag: request.idTag.text, until: request.expiryDate.date)
        return (.init(status: .accepted), { await $0.change(request.connectorId, to: .reserved) })
    }

    private func cancelReservation(
        _ request: V16.CancelReservation.Request
    ) -> (V16.CancelReservation.Response, Afterwards?) {
        guard let index = outlets.firstIndex(where: { $0.kept?.reservation == request.reservationId }) else {
            return (.init(status: .rejected), nil)
        }
        outlets[index].kept = nil
        let number = outlets[index].number
        return (.init(status: .accepted), { await $0.change(number, to: $0.restingStatus(of: number)) })
    }

    private func remoteStop(
        _ request: V16.RemoteStopTransaction.Request
    ) -> (V16.RemoteStopTransaction.Response, Afterwards?) {
        let meant = outlets.first { $0.session?.transactionId == request.transactionId }
        guard profile.obeys, let connector = meant?.number else { return (.init(status: .rejected), nil) }
        return (.init(status: .accepted), { await $0.stop(connector, reason: .remote) })
    }

    private func reset(_ request: V16.Reset.Request) -> (V16.Reset.Response, Afterwards?) {
        guard profile.obeys else { return (.init(status: .rejected), nil) }
        switch request.type {
        case .soft:
            return (
                .init(status: .accepted),
                { station in
                    for outlet in station.outlets where outlet.session != nil {
                        await station.stop(outlet.number, reason: .softReset)
                    }
                    await station.reboot()
                }
            )
        case .hard:
            return (
                .init(status: .accepted),
                { station in
                    // No time for goodbyes: what ended is told after the start.
                    for outlet in station.outlets { station.end(outlet.number, reason: .hardReset) }
                    station.restoreStatus()
                    await station.reboot()
                }
            )
        }
    }

    private func unlock(_ request: V16.UnlockConnector.Request) -> (V16.UnlockConnector.Response, Afterwards?)
    {
        let connector = request.connectorId
        guard outlets.contains(where: { $0.number == connector }) else {
            return (.init(status: .notSupported), nil)
        }
        guard profile.unlocks else { return (.init(status: .unlockFailed), nil) }
        return (
            .init(status: .unlocked),
            { station in
                await station.stop(connector, reason: .unlockCommand)
                await station.unplug(connector)
            }
        )
    }

    private func trigger(_ request: V16.TriggerMessage.Request) -> (V16.TriggerMessage.Response, Afterwards?)
    {
        let connectors = request.connectorId.map { [$0] } ?? outlets.map(\.number)
        let areKnown = connectors.allSatisfy { number in
            number == 0 || outlets.contains { $0.number == number }
        }
        guard areKnown else { return (.init(status: .rejected), nil) }
        switch request.requestedMessage {
        case .bootNotification: return (.init(status: .accepted), { _ = try? await $0.announceBoot() })
        case .heartbeat:
            return (.init(status: .accepted), { _ = try? await $0.call(V16.Heartbeat.self, NoFields()) })
        case .meterValues:
            return (
                .init(status: .accepted),
                {
                    for connector in connectors where connector > 0 {
                        await $0.sample(connector, context: .trigger)
                    }
                }
            )
        case .statusNotification:
            return (.init(status: .accepted), { for connector in connectors { await $0.report(connector) } })
        case .diagnosticsStatusNotification, .firmwareStatusNotification:
            return (.init(status: .notImplemented), nil)
        }
    }
}
