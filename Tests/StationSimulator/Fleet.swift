import OCPP
package import Sockets
import Synchronization

/// Many stations in one process, on shared loops.
package final class Fleet: Sendable {
    /// What the drivers do all day.
    package struct Routine: Sendable {
        package var tag: String
        /// How long a session lasts, and the pause behind it, by the stations' clocks.
        package var session: Duration
        package var pause: Duration

        package init(tag: String, session: Duration, pause: Duration) {
            self.tag = tag
            self.session = session
            self.pause = pause
        }
    }

    /// Where the fleet stands.
    package struct Standing: Equatable, Sendable {
        package var stations = 0
        package var connected = 0
        package var accepted = 0
        package var charging = 0
        package var frames = 0
        package var refusals = 0

        package init() {}
    }

    package let stations: [Simulator]
    private let days = Mutex<[Task<Void, Never>]>([])

    /// - Parameters:
    ///   - profile: what each station is like, by its number from 1 on.
    package init(
        _ identities: [String], at central: CentralSystem, on loops: EventLoops,
        profile: (Int) -> StationProfile
    ) {
        stations = identities.enumerated().map { index, identity in
            Simulator(identity, at: central, profile: profile(index + 1), on: loops.next())
        }
    }

    /// The identities of `count` stations: the name itself for one, else with a number behind it.
    package static func identities(_ name: String, count: Int) -> [String] {
        guard count > 1 else { return [name] }
        let digits = String(count).count
        return (1...count).map { number in
            name + String(repeating: "0", count: digits - String(number).count) + String(number)
        }
    }

    /// Lets every station live until `stop`: connect, boot, and follow the routine where there is one.
    ///
    /// - Parameter perSecond: how many connect in a second, so that a large fleet is no storm.
    package func start(perSecond: Int, routine: Routine?) {
        for (index, station) in stations.enumerated() {
            let wait = Duration.seconds(1) * index / max(perSecond, 1)
            let day = Task(executorPreference: station.loop) {
                guard (try? await station.loop.sleep(for: wait)) != nil else { return }
                await station.live(routine)
            }
            days.withLock { $0.append(day) }
        }
    }

    package func stop() async {
        for day in days.withLock({ $0 }) { day.cancel() }
        for station in stations { await station.shutDown() }
    }

    package var standing: Standing {
        get async {
            var standing = Standing()
            for station in stations {
                standing.stations += 1
                standing.frames += station.log.count
                standing.refusals += station.log.refusalCount
                if await station.isConnected { standing.connected += 1 }
                if await station.registration == .accepted { standing.accepted += 1 }
                standing.charging += await station.chargingCount
            }
            return standing
        }
    }
}

extension Simulator {
    var chargingCount: Int { outlets.count { $0.session != nil } }

    /// Connects, boots, and charges by the routine until the task is cancelled.
    func live(_ routine: Fleet.Routine?) async {
        await beginLife()
        guard let routine else { return }
        while !Task.isCancelled {
            for outlet in outlets where outlet.session == nil && outlet.awaited == nil {
                await plugIn(outlet.number)
                _ = await present(routine.tag, at: outlet.number)
            }
            guard await rest(routine.session) else { return }
            for outlet in outlets where outlet.session != nil { await stop(outlet.number, tag: routine.tag) }
            guard await rest(routine.pause) else { return }
        }
    }

    /// Waits by the station's clock; false when it is over for good.
    private func rest(_ duration: Duration) async -> Bool {
        guard let wait = clock.worldTime(for: duration) else { return false }
        return (try? await loop.sleep(for: wait)) != nil
    }
}
