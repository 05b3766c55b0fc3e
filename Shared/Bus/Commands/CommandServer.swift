package import Contracts
import Core
package import FoundationEssentials
package import Postgres
import Redis
import Sockets
import Telemetry

/// The side of commands that carries them out, a gateway's or billing's: hears those for itself and those for any of its
/// service, carries them out side by side, and answers.
package actor CommandServer {
    package struct Limits: Sendable {
        /// Commands being carried out at once; more are refused.
        package var underWay = 2_000
        /// Commands remembered, so that one that comes twice is done once.
        package var remembered = 20_000

        package init() {}
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { bus.loop.asUnownedSerialExecutor() }

    private nonisolated let bus: Bus
    private nonisolated let database: Database
    private nonisolated let handlers: [String: CommandHandler]
    private let limits: Limits
    private let doorbell: Doorbell
    private var inbox: [(bytes: [UInt8], isForAny: Bool)] = []
    private var underWay = 0
    private var known: Set<String> = []
    private var knownInOrder: [String] = []
    private var oldest = 0

    /// - Parameter database: where commands for any gateway are claimed (`SQL/command_claim.sql`).
    package init(on bus: Bus, _ database: Database, limits: Limits = Limits(), _ handlers: [CommandHandler]) {
        self.bus = bus
        self.database = database
        self.limits = limits
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })
        doorbell = Doorbell(on: bus.loop)
    }

    /// Serves until the task is cancelled, and then waits for what is under way. `onLive` is called each time from which
    /// on commands are heard: after the loss of Redis the place to write presence anew.
    package func run(onLive: @escaping @Sendable () -> Void = {}) async {
        let own = Channel.command(to: bus.instance).name
        let any = (bus.service == .billing ? Channel.commandForBilling : .commandForAny).name
        let subscription = await bus.redis.subscribe(to: [own, any]) { [weak self] signal in
            switch signal {
            case .live: onLive()
            case .lost: break
            case .message(let message):
                self?.assumeIsolated { $0.arrived(message.bytes, isForAny: message.channel == any) }
            }
        }
        let preference: any TaskExecutor = bus.loop
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for (bytes, isForAny) in takeInbox() {
                    group.addTask(executorPreference: preference) {
                        await self.serve(bytes, isForAny: isForAny)
                    }
                }
                await doorbell.wait(atMost: .seconds(60))
            }
            subscription.cancel()
        }
    }

    private func arrived(_ bytes: [UInt8], isForAny: Bool) {
        inbox.append((bytes, isForAny))
        doorbell.ring()
    }

    private func takeInbox() -> [(bytes: [UInt8], isForAny: Bool)] {
        defer { inbox = [] }
        return inbox
    }

    private func serve(_ bytes: [UInt8], isForAny: Bool) async {
        let head: CommandHead
        do { head = try JSONReader.decode(from: bytes) } catch {
            bus.log.warning("bus.command_unreadable", ["error": .text(error.description)])
            return
        }
        guard head.v <= EnvelopeHead.newest, remember(head.id) else { return }
        let context = CommandContext(id: head.id, asker: head.asker, deadline: head.deadline)
        // Nobody waits any more, and the one who asked has been told so.
        guard context.remaining(at: bus.clock) > .zero else { return }
        guard let handler = handlers[head.kind] else {
            // A newer asker; of all gateways, one that knows the kind may be there.
            if !isForAny { answer(refusalOfUnknown(head), to: head) }
            return
        }
        guard underWay < limits.underWay else {
            return answer(handler.refuse(head.id, CommandRefusal(.failed, "the gateway is busy")), to: head)
        }
        underWay += 1
        defer { underWay -= 1 }
        do {
            if isForAny {
                guard
                    try await database.run(
                        .claimCommand(head, of: bus.service, by: bus.instance, at: bus.clock.now)
                    ).count == 1
                else { return }
            }
            answer(try await handler.carryOut(bytes, context), to: head)
        } catch let refusal as CommandRefusal {
            answer(handler.refuse(head.id, refusal), to: head)
        } catch {
            bus.log.error(
                "bus.command_failed",
                ["kind": .text(head.kind), "command": .text(head.id), "error": .text("\(error)")])
            answer(handler.refuse(head.id, CommandRefusal(.failed, "internal error")), to: head)
        }
    }

    private func refusalOfUnknown(_ head: CommandHead) -> [UInt8] {
        let refusal = CommandRefusal(.failed, "the gateway does not know \(head.kind)")
        return JSONWriter.encode(ReplyEnvelope<Done>(to: head.id, .refused(refusal)))
    }

    private func answer(_ bytes: [UInt8], to head: CommandHead) {
        bus.redis.post(.publish(bytes, to: Channel.reply(to: head.replyTo).name))
    }

    /// False for a command that came before.
    private func remember(_ id: String) -> Bool {
        guard known.insert(id).inserted else { return false }
        if knownInOrder.count < limits.remembered {
            knownInOrder.append(id)
        } else {
            known.remove(knownInOrder[oldest])
            knownInOrder[oldest] = id
            oldest = (oldest + 1) % knownInOrder.count
        }
        return true
    }
}

extension Query where Result == RowCount {
    /// One row for the first instance that asks; none for the others.
    static func claimCommand(
        _ head: CommandHead, of service: Service, by instance: InstanceName, at date: Date
    ) -> Self {
        """
        INSERT INTO \(raw: service.schema).command_claim (id, kind, claimed_by, claimed_at)
        VALUES (\(head.id), \(head.kind), \(instance), \(date))
        ON CONFLICT (id) DO NOTHING
        """
    }

    /// For the hourly clean-up.
    package static func forgetCommandClaims(of service: Service, before date: Date) -> Self {
        "DELETE FROM \(raw: service.schema).command_claim WHERE claimed_at < \(date)"
    }
}
