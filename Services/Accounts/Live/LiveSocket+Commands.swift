import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sockets
import Telemetry

// What an app asks for, and the sequences that follow a start and a stop (api.md 3.3).

extension LiveSocket {
    func take(_ command: LiveCommand, _ request: LiveRequest, _ caller: Caller) async {
        switch command {
        case .startTransaction: await start(request, caller)
        case .stopTransaction: await stop(request, caller)
        case .checkStatus: await checkStatus(caller)
        case .listenTransaction: await listen(request.transaction_id ?? 0, caller)
        case .stopListenTransaction: await stopListening(request.transaction_id, caller)
        case .listenChargePoints: events = .chargePoints
        case .stopListenChargePoints: if events == .chargePoints { events = .none }
        case .listenLog:
            guard caller.isPower else { return say(.error("access denied", code: 2001)) }
            events = .log
        case .stopListenLog: if events == .log { events = .none }
        case .pingConnection: await pong()
        }
    }

    private func start(_ request: LiveRequest, _ caller: Caller) async {
        var wish = StartWish(
            point: request.charge_point_id ?? "", connector: Int(clamping: request.connector_id ?? 0))
        wish.car = request.car_id.flatMap { $0 > 0 ? ID($0) : nil }
        wish.target = request.target_wh.map { Energy(wattHours: $0) }
        wish.discount = request.discount_code.flatMap { $0.isEmpty ? nil : $0 }
        wish.method = request.payment_method_id.flatMap { $0.isEmpty ? nil : $0 }
        do {
            let begin = BeginCharging(accounts: accounts, caller: caller, door: .socket, request: nil)
            let session = try await begin.run(wish)
            try await wait(for: PendingAction(.start, session, at: accounts.host.clock.now), caller)
        } catch {
            say(refusal(error, .start))
        }
    }

    private func stop(_ request: LiveRequest, _ caller: Caller) async {
        let number = request.transaction_id ?? 0
        do {
            let end = EndCharging(accounts: accounts, caller: caller, door: .socket, request: nil)
            let session = try await end.run(number)
            try await wait(for: PendingAction(.stop, session.number, at: accounts.host.clock.now), caller)
        } catch ChargingRefusal.noSuchSession {
            say(.error("no transaction data: \(number)", .stop, code: 2001))
        } catch {
            say(refusal(error, .stop))
        }
    }

    private func refusal(_ error: any Error, _ stage: LiveFrame.Stage) -> LiveFrame {
        let problem = (error as? any Refusal)?.problem ?? error as? Problem
        if problem == nil {
            accounts.host.log.warning("live.command_failed", ["error": .text("\(error)")])
        }
        return .error(problem?.reason ?? "service unavailable", stage, code: problem?.code ?? 2001)
    }

    private func checkStatus(_ caller: Caller) async {
        let host = accounts.host
        do {
            if let action = try await host.database.run(.pendingAction(of: caller.user)) {
                guard action.isOver(at: host.clock.now, patience: hub.patience) else {
                    return follow(action, caller)
                }
                try await host.database.run(.endAction(action, of: caller.user))
                // What it was waited for may have come while nobody listened.
                let state = try await host.database.run(.watchedSession(action.session.number))
                return say(action.outcome(state) ?? action.timeout)
            }
            if let token = try await host.database.run(.openToken(of: caller.user, at: host.clock.now)) {
                return follow(token, caller)
            }
            if let last = try await host.database.run(.lastStream(of: caller.user)),
                let session = try await host.database.run(.watchedSession(last)), !session.isFinished,
                session.isFor(caller)
            {
                return openStream(of: session.number)
            }
            if streams.isEmpty { say(.idle) }
        } catch {
            say(.error("service unavailable", code: 2001))
        }
    }

    private func wait(for action: PendingAction, _ caller: Caller) async throws {
        try await accounts.host.database.run(.keep(action, of: caller.user))
        follow(action, caller)
    }

    /// Says how long it has been, until the session says more or the time is over.
    private func follow(_ action: PendingAction, _ caller: Caller) {
        sequence?.cancel()
        pending = action
        sequence = Task(executorPreference: loop) {
            let clock = self.accounts.host.clock
            while !Task.isCancelled, !self.isOver {
                if await self.look(action, caller) {
                    // Another sequence may have taken its place.
                    if !Task.isCancelled { self.sequence = nil }
                    return
                }
                // Cancelled: the loop ends.
                try? await self.loop.sleep(for: action.kind.pace)
                guard !Task.isCancelled, self.pending == action else { return }
                if !action.isOver(at: clock.now, patience: self.hub.patience) {
                    self.say(action.waiting(at: clock.now, patience: self.hub.patience))
                }
            }
        }
    }

    /// True when it is over, one way or the other.
    func look(_ action: PendingAction, _ caller: Caller) async -> Bool {
        let isOver = action.isOver(at: accounts.host.clock.now, patience: hub.patience)
        // A database that is away says nothing: the next look may.
        guard let state = try? await accounts.host.database.run(.watchedSession(action.session.number)) else {
            return false
        }
        guard let outcome = action.outcome(state) ?? (isOver ? action.timeout : nil) else { return false }
        guard pending == action else { return true }
        pending = nil
        // What is left behind runs out by itself.
        _ = try? await accounts.host.database.run(.endAction(action, of: caller.user))
        say(outcome)
        return true
    }

    private func listen(_ number: Int64, _ caller: Caller) async {
        let database = accounts.host.database
        do {
            guard let session = try await database.run(.watchedSession(number)), session.isFor(caller) else {
                return say(.error("no transaction data: \(number)", .info, code: 2001))
            }
            guard streams[session.number] == nil else { return }
            guard streams.count < Self.mostStreams else { return say(.error("too many streams", code: 2017)) }
            guard !session.isFinished else { return say(.stopped(session.number)) }
            openStream(of: session.number)
            try await database.run(.keepStream(session.number, of: caller.user, at: accounts.host.clock.now))
            // It may have ended between the look and the listening.
            let now = try await database.run(.watchedSession(number))
            if now?.isFinished == true { over(session.number) }
        } catch {
            say(.error("service unavailable", code: 2001))
        }
    }

    /// Without a number it ends all.
    private func stopListening(_ number: Int64?, _ caller: Caller) async {
        let meant = streams.keys.filter { number == nil || number == 0 || $0.number == number }
        for session in meant {
            closeStream(of: session)
            // One that is left behind is opened once more by CheckStatus, and can be ended once more.
            _ = try? await accounts.host.database.run(.endStream(session, of: caller.user))
        }
    }
}
