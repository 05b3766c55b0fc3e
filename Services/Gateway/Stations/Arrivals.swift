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
                    .connected(presence, at: now, aliveUntil: now + link.silence))
                guard written.count == 1 else { return link.retire("a newer connection is here") }
                link.notedAt = now
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
        guard link.isOpen else { return }
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
            claim, for: host.bus.instance, at: host.clock.now, living: .seconds(Int64(link.silence)))
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

    /// Writes down, for all stations together, who has spoken since it was last written: at most once a minute for each.
    func noteLife() async {
        while !Task.isCancelled {
            // Cancelled: the loop ends.
            try? await host.sleep(for: Self.lifeRound)
            var heard: [HeardLink] = []
            for links in Dictionary(grouping: links.all, by: { ObjectIdentifier($0.loop) }).values {
                let now = host.clock.now
                // A loop that stops refuses work, and then there is nothing to note.
                heard +=
                    (try? await links[0].loop.run {
                        links.compactMap { HeardLink($0, unnotedFor: Self.lifeNote, at: now) }
                    }) ?? []
            }
            guard !heard.isEmpty else { continue }
            for start in stride(from: 0, to: heard.count, by: 1_000) {
                let portion = heard[start..<min(start + 1_000, heard.count)].map(\.sign)
                do { try await host.database.run(.alive(portion)) } catch {
                    host.log.debug("stations.life_unwritten", ["error": .text("\(error)")])
                }
            }
            await refreshPresence(heard)
        }
    }

    /// A station that has spoken is written down within this time, well before it would count as offline.
    private static let lifeRound = Duration.seconds(10)
    private static let lifeNote: TimeInterval = 60

    private func refreshPresence(_ heard: [HeardLink]) async {
        // Stations with other intervals live for other times.
        for (silence, group) in Dictionary(grouping: heard, by: \.silence) {
            // Without Redis the board is written when it is back.
            guard
                let lost = try? await presence.refresh(
                    group.map(\.claim), for: host.bus.instance, at: host.clock.now,
                    living: .seconds(Int64(silence)))
            else { return }
            for claim in lost { links.yield(claim.chargePoint, to: claim.generation + 1) }
        }
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

/// A station that has spoken since that was last written down.
private struct HeardLink: Sendable {
    let sign: SignOfLife
    let claim: PresenceClaim
    let silence: TimeInterval

    /// Nil when there is nothing to write. Loop thread only.
    init?(_ link: StationLink, unnotedFor pause: TimeInterval, at now: Date) {
        let noted = link.notedAt ?? .distantPast
        guard link.isOpen, link.heardAt > noted, now >= noted + pause else { return nil }
        link.notedAt = now
        silence = link.silence
        sign = SignOfLife(
            id: link.id.text, generation: link.generation, seen: link.heardAt,
            aliveUntil: link.heardAt + silence)
        claim = PresenceClaim(link.id, generation: link.generation)
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
