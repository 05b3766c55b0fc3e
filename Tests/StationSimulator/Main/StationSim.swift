import Core
import Dispatch
import Glibc
import OCPP
import Sockets
import StationSimulator
import Synchronization

/// `station-sim`: charge points for whoever wants to see the suite at work.
@main
struct StationSim {
    static func main() async {
        do throws(BadOptions) {
            guard let options = try Options(Array(CommandLine.arguments.dropFirst())) else {
                say(Options.help)
                return
            }
            try await run(options)
        } catch {
            say("station-sim: \(error.text)\nTry station-sim --help.", to: STDERR_FILENO)
            exit(2)
        }
    }

    private static func run(_ options: Options) async throws(BadOptions) {
        let central: CentralSystem
        let loops: EventLoops
        do {
            central = try await CentralSystem.at(options.url, password: options.password)
            loops = try EventLoops(count: options.loops, name: "station")
        } catch {
            throw BadOptions("\(error)")
        }
        let identities = Fleet.identities(options.identity, count: options.count)
        if options.misbehavesAtRandom {
            say("bad manners at random; repeat them with --seed \(options.seed)")
        }
        let fleet = Fleet(identities, at: central, on: loops) { number in
            options.profile(identity: identities[number - 1], number: number)
        }
        fleet.start(perSecond: options.perSecond, routine: options.routine)
        say(
            "\(options.count == 1 ? options.identity : "\(options.count) stations") at \(options.url), Ctrl-C ends"
        )
        await report(on: fleet, options, until: Interruption(on: loops.next()))
        await fleet.stop()
        await loops.stop()
    }

    private static func report(on fleet: Fleet, _ options: Options, until interruption: Interruption) async {
        var last = Fleet.Standing()
        while await !interruption.comes(within: .seconds(5)) {
            let standing = await fleet.standing
            // A quiet fleet says something when something has changed.
            if !options.showsFrames, standing != last { say(line(standing, since: last)) }
            last = standing
        }
        say("ending")
    }

    private static func line(_ now: Fleet.Standing, since last: Fleet.Standing) -> String {
        "connected \(now.connected)/\(now.stations)  accepted \(now.accepted)  charging \(now.charging)"
            + "  frames \(now.frames) (+\(now.frames - last.frames))  refusals \(now.refusals)"
    }
}

/// Ctrl-C, or a polite kill.
private final class Interruption: Sendable {
    private let loop: EventLoop
    private let came: Came
    // Only kept alive, never asked.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// Said by Dispatch, asked on the loop.
    private final class Came: Sendable {
        let flag = Atomic(false)
    }

    init(on loop: EventLoop) {
        self.loop = loop
        let came = Came()
        self.came = came
        sources = [SIGINT, SIGTERM].map { number in
            // The source hears it instead.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { came.flag.store(true, ordering: .releasing) }
            source.resume()
            return source
        }
    }

    /// Waits for it; false when it did not come.
    func comes(within limit: Duration) async -> Bool {
        let end = MonotonicInstant.now + limit
        while !came.flag.load(ordering: .acquiring) {
            guard MonotonicInstant.now < end else { return false }
            // Nobody cancels this; a sleep that ends early is asked for again.
            try? await loop.sleep(for: .milliseconds(100))
        }
        return true
    }
}
