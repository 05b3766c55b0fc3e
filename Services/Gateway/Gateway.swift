import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
package import Hosting
import Jobs
package import Lifecycle
import OCPP
import Postgres
import Settings
import Sockets
import Synchronization
import Telemetry
import WebSocket

/// Speaks OCPP with charge points and owns what they report: sessions, readings, states.
package final class Gateway: Sendable {
    package let host: Host
    let settings: GatewaySettings
    let links = LinkRegistry()
    let readers: LoopReaders
    let pace = ArrivalPace()
    let storm: Storm
    let passwords: ConnectionPasswords
    /// Signs certificates of stations; nil where nobody set one up.
    let authority: CertificateAuthority?
    let presence: PresenceBoard
    /// Asks billing to keep money on cards.
    let holds: CommandSender
    let board: ConnectorBoard
    let figures: GatewayFigures
    let frames: FrameLog
    let sysLog: WriteBehind<SysLine>
    let quarantines: WriteBehind<QuarantinedRow>
    let statuses: CoalescingInsert<StatusEdge>
    let readings: CoalescingInsert<StoredReading>
    /// Evidence has a connection of its own, whose commits do not wait for the disk.
    private let evidence: Database
    private let stationDoor = Mutex<Int?>(nil)
    private let isDraining = Mutex(false)

    /// Bytes of a frame that quarantine keeps.
    static let quarantinedBytes = 8_192

    /// Throws: `CryptoFailure` when no keys can be made of SECRET_KEY, or STATION_CA_CERT_FILE and its key do not belong together.
    package init(_ host: Host, _ settings: GatewaySettings) throws {
        self.host = host
        self.settings = settings
        storm = Storm(clock: host.clock)
        readers = LoopReaders(count: host.loopCount)
        passwords = try ConnectionPasswords(try settings.secretKey.reveal { try KeyRing(secretKey: $0) })
        authority = try settings.authority.map { files in
            try files.certificate.reveal { certificate in
                try files.key.reveal { try CertificateAuthority(certificate: certificate, key: $0) }
            }
        }
        presence = PresenceBoard(host.redis)
        holds = CommandSender(on: host.bus)
        board = ConnectorBoard(host.redis)
        let figures = GatewayFigures(host.metrics)
        self.figures = figures
        evidence = try host.evidenceDatabase()
        frames = FrameLog(into: evidence, clock: host.clock, lost: figures.lostEvidence)
        sysLog = SysLine.writer(into: evidence, lost: figures.lostEvidence)
        quarantines = QuarantinedRow.writer(into: host.database, lost: figures.lostEvidence)
        statuses = CoalescingInsert(into: host.database) { Self.storeStatuses($0) }
        let bus = host.bus
        readings = CoalescingInsert(
            into: host.database, size: { $0.raw.utf8.count + 256 },
            committed: { rows in
                let told = rows.compactMap(\.told)
                if !told.isEmpty { bus.publish(ReadingsStored(told)) }
            }, statement: { StoredReading.store($0) })
        let links = links
        host.metrics.gauge("voltbus_charge_points_connected", "Stations that this gateway holds.") {
            Double(links.count)
        }
        let database = host.database
        host.beforeFigures {
            // Without the database it is told as it was.
            if let active = try? await database.run(.activeSessions, within: .seconds(1)) {
                figures.activeSessions.set(Int(active))
            }
        }
    }

    /// The whole process, put together.
    package static func assemble(_ settings: GatewaySettings, _ readiness: Readiness) throws -> Assembly {
        let gateway = try Gateway(try Host(.gateway, settings.host, readiness: readiness), settings)
        return gateway.assembly
    }

    /// The port that stations connect to, once it is served.
    package var stationPort: Int? { stationDoor.withLock { $0 } }

    package var assembly: Assembly {
        host.assembly(
            serving: routes, upgrading: upgrading(in: StationHandshake.commonFolders),
            parts: [
                Part("evidence", stop: { [evidence] in await evidence.close() }),
                host.task("frame log") { [frames, host] in await frames.rows.run(on: host) },
                host.task("system log") { [sysLog, host] in await sysLog.run(on: host) },
                host.task("quarantine") { [quarantines, host] in await quarantines.run(on: host) },
                host.task("signs of life") { [self] in await noteLife() },
                host.task("registry") { [self] in await followRegistry() },
                host.task("tag lists") { [self] in await followTags() },
                host.task("commands") { [self] in await serveCommands() },
                host.task("meter triggers") { [self] in await triggerReadings() },
                host.task("start time-outs") { [self] in await watchStarts() },
                host.task("silent stations") { [self] in await askSilent() },
                host.jobs(jobs),
                Part("stations leave", stop: { [self] in await sendStationsAway() }),
                host.door(
                    "charge points", port: settings.stationPort,
                    upgrading: upgrading(in: StationHandshake.stationFolders),
                    opened: { [self] port in stationDoor.withLock { $0 = port } }),
            ])
    }

    private func upgrading(in folders: Set<Substring>) -> Upgrading {
        let handshake = StationHandshake(gateway: self, folders: folders)
        return { [self] request in
            // Nobody is let in any more; the answer is the one of a service that goes down.
            guard !isDraining.withLock({ $0 }) else { return nil }
            return try await handshake.decide(request)
        }
    }

    private var jobs: [Job] {
        let sweep = Sweep(gateway: self)
        let partitions = Partitions(gateway: self)
        let (database, clock) = (host.database, host.clock)
        return [
            Job("session sweep", .every(seconds: settings.sweepEvery)) { _ in
                ["ended": try await sweep.endSilent(listening: try await sweep.keepWatch())]
            },
            Job("partitions", .every(seconds: 3_600)) { _ in try await partitions.tend() },
            Job("command claims", .every(seconds: 3_600)) { _ in
                let forgotten = try await database.run(
                    .forgetCommandClaims(of: .gateway, before: clock.now - 86_400))
                return ["forgotten": forgotten.count]
            },
        ]
    }

    /// Every gateway for its own stations; which of them closes sessions is the job's business.
    private func askSilent() async {
        let sweep = Sweep(gateway: self)
        while !Task.isCancelled {
            // Cancelled: the loop ends.
            try? await host.sleep(for: min(.seconds(settings.sweepEvery), settings.sweepSilence / 4))
            do { try await sweep.askSilent() } catch {
                host.log.debug("gateway.silence_unwatched", ["error": .text("\(error)")])
            }
        }
    }

    private func watchStarts() async {
        let sweep = Sweep(gateway: self)
        while !Task.isCancelled {
            do { _ = try await sweep.endStarts() } catch {
                host.log.debug("gateway.starts_unwatched", ["error": .text("\(error)")])
            }
            // Cancelled: the loop ends.
            try? await host.sleep(for: .seconds(1))
        }
    }

    /// Stations are told to come again, a few at a time, so that they do not all knock at once; what they have said before is
    /// answered first.
    private func sendStationsAway() async {
        isDraining.withLock { $0 = true }
        for (index, link) in links.all.enumerated() {
            link.loop.execute { link.leave("the gateway restarts", .goingAway) }
            if index % 100 == 99 { try? await host.sleep(for: .milliseconds(20)) }
        }
        // The ends are written down by each link's own task.
        for _ in 0..<100 where links.count > 0 { try? await host.sleep(for: .milliseconds(20)) }
        for link in links.all { link.loop.execute { link.retire("the gateway restarts", .goingAway) } }
        for _ in 0..<25 where links.count > 0 { try? await host.sleep(for: .milliseconds(20)) }
        await readings.drain()
        await statuses.drain()
    }
}
