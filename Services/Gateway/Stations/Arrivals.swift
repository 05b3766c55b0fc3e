import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Sockets
import Telemetry

extension Gateway {
    /// How long a station may be silent: its interval and half a minute (ocpp.md, Silence).
    private var silence: TimeInterval { TimeInterval(settings.heartbeat.components.seconds) + 30 }

    /// Writes down that a station is here, and reads what its messages will need. Goes on until the database lets it: nothing
    /// of the station is believed before.
    func settle(_ link: StationLink) async {
        let presence = StationPresence(
            id: link.id, generation: link.generation, version: link.version.subprotocol,
            gateway: host.bus.instance.text)
        while link.isOpen {
            do {
                let now = host.clock.now
                let written = try await host.database.run(
                    .connected(presence, at: now, aliveUntil: now + silence))
                guard written.count == 1 else { return link.retire("a newer connection is here") }
                for session in try await host.database.run(.liveSessions(at: link.id)) {
                    link.sessions[Int(session.connector)] = session
                }
                for edge in try await host.database.run(.knownStatuses(of: link.id)) {
                    link.lastStatus[Int(edge.connector)] = edge
                }
                break
            } catch {
                host.log.debug(
                    "station.unsettled", ["charge_point": .text(link.id.text), "error": .text("\(error)")])
                do { try await link.loop.sleep(for: .milliseconds(500)) } catch { return }
            }
        }
        await claim(link)
        host.bus.publish(
            StationConnected(
                link.id, version: link.version.subprotocol, generation: link.generation, at: host.clock.now))
        log(link.id, "WebSocket", "connected (\(link.version.subprotocol))")
    }

    private func claim(_ link: StationLink) async {
        let claim = PresenceClaim(link.id, generation: link.generation)
        // Without Redis the board is written when it is back.
        let isOurs = try? await presence.take(
            claim, for: host.bus.instance, at: host.clock.now, living: .seconds(Int64(silence)))
        if isOurs == false { link.retire("a newer connection is here") }
    }

    /// Writes down that a station is gone, unless a newer connection has come meanwhile.
    func leave(_ link: StationLink) async {
        let now = host.clock.now
        do {
            let gone = try await host.database.run(
                .disconnected(link.id, generation: link.generation, at: now))
            guard gone.count == 1 else { return }
        } catch {
            // Its time runs out by itself.
            host.log.debug(
                "station.leave_unwritten", ["charge_point": .text(link.id.text), "error": .text("\(error)")])
        }
        // Its time runs out by itself as well.
        _ = try? await presence.release(
            PresenceClaim(link.id, generation: link.generation), of: host.bus.instance)
        host.bus.publish(StationDisconnected(link.id, at: now))
        log(link.id, "WebSocket", "disconnected", .warning)
    }

    /// Once in a while for all stations together: who has been heard.
    func noteLife() async {
        while !Task.isCancelled {
            // Cancelled: the loop ends.
            try? await host.sleep(for: .seconds(20))
            let now = host.clock.now
            let links = links.all
            let signs = links.map { link in
                SignOfLife(
                    id: link.id.text, generation: link.generation, seen: now, aliveUntil: now + silence)
            }
            for start in stride(from: 0, to: signs.count, by: 1_000) {
                do {
                    try await host.database.run(.alive(Array(signs[start..<min(start + 1_000, signs.count)])))
                } catch {
                    host.log.debug("stations.life_unwritten", ["error": .text("\(error)")])
                }
            }
            await refreshPresence(links, now)
        }
    }

    private func refreshPresence(_ links: [StationLink], _ now: Date) async {
        let claims = links.map { PresenceClaim($0.id, generation: $0.generation) }
        guard !claims.isEmpty else { return }
        // Without Redis the board is written when it is back.
        guard
            let lost = try? await presence.refresh(
                claims, for: host.bus.instance, at: now, living: .seconds(Int64(silence)))
        else { return }
        for claim in lost { self.links.yield(claim.chargePoint, to: claim.generation + 1) }
    }

    /// A session that ended elsewhere is no longer this link's.
    func forget(_ event: SessionEnded) {
        guard let link = links[event.session.place.chargePoint] else { return }
        let number = event.session.number
        link.loop.execute {
            for (connector, live) in link.sessions where live.number == number {
                link.sessions[connector] = nil
            }
        }
    }
}

extension Query where Result == [StatusEdge] {
    fileprivate static func knownStatuses(of point: ChargePointID) -> Self {
        """
        SELECT charge_point_id, connector_id, status, error_code, info, vendor_id, vendor_error_code, since, received_at
        FROM gateway.connector_status
        WHERE charge_point_id = \(point.text)
        ORDER BY connector_id
        LIMIT 1000
        """
    }
}

extension StatusEdge: RowDecodable {
    init(_ cells: inout Cells) throws {
        point = try cells.next()
        connector = try cells.next()
        status = try cells.next()
        errorCode = try cells.next()
        info = try cells.next()
        vendorID = try cells.next()
        vendorErrorCode = try cells.next()
        since = try cells.next()
        received = try cells.next()
    }
}
