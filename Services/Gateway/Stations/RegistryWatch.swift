import Bus
import Contracts
import Core
import Hosting
import Postgres
import Redis
import Sockets
import Telemetry
import WebSocket

extension Gateway {
    /// Follows what accounts says of charge points, and what other gateways say of connections.
    func followRegistry() async {
        let consumer = EventConsumer(
            "registry", reading: .accounts, on: host.database, bus: host.bus, from: .now,
            outside: [
                .on(PointChanged.self) { [self] told in try await renew(told.event.chargePoint) }
            ])
        let listening = await host.bus.listen([
            .to(StationConnected.self) { [links] event in
                guard let generation = event.generation else { return }
                links.yield(event.chargePoint, to: generation)
            },
            .to(SessionEnded.self) { [self] event in forget(event) },
            .to(SessionChanged.self) { [self] event in
                Task(executorPreference: host.bus.loop) {
                    // Where this fails, the session keeps its old target until its station connects again.
                    try? await self.readAnew(event)
                }
            },
            .to(PointChanged.self) { [self] event in
                Task(executorPreference: host.bus.loop) {
                    // The log brings it again where this fails.
                    try? await self.renew(event.chargePoint)
                }
            },
        ])
        await consumer.run()
        listening.cancel()
    }

    /// Reads an entry anew and acts on it: a deleted or rejected point is sent away.
    private func renew(_ id: ChargePointID) async throws {
        guard let link = links[id] else { return }
        let station = try await host.database.run(.station(id))
        link.loop.execute {
            guard let station, !station.isDeleted, !station.isRejected else {
                return link.retire("the charge point was removed", .policyViolation)
            }
            let wasApproved = link.station.isApproved
            link.station = station
            link.knownConnectors.formUnion(station.connectors.map(Int.init))
            // It must introduce itself again, now that it may serve.
            if !wasApproved, station.isApproved { link.retire("approved: connect again", .serviceRestart) }
        }
    }
}
