import Core
import StationSimulator

/// Wrong words on the command line.
struct BadOptions: Error {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

/// What the command line asks for.
struct Options {
    static let help = """
        station-sim: simulated OCPP 1.6 charge points

          station-sim --url ws://localhost:9001/ --id CP1 --charge

          --url URL            where the gateway listens (ws://localhost:9001/)
          --id NAME            identity; with --count a number is put behind it (SIM)
          --count N            so many stations (1)
          --password TEXT      connection password of all of them
          --connectors N       connectors of each (1)
          --power WATTS        what a car draws (11000)
          --charge             keep charging: a session, a pause, again
          --tag TAG            the card that is shown (SIMULATOR)
          --session MINUTES    how long a session lasts (30)
          --pause MINUTES      between sessions (1)
          --interval SECONDS   between meter values, unless the gateway says otherwise (60)
          --speed N            how much faster the stations' time runs (1)
          --per-second N       how many connect in a second (50)
          --misbehave WHAT     bad manners by name, separated by commas, or: random
          --seed N             repeats random manners
          --frames             print every frame (by itself with up to 3 stations)
          --quiet              print no frames
          --loops N            threads (2)
          --help               this text

        Manners: \(Misbehaviour.allCases.map(\.rawValue).joined(separator: ", "))
        """

    var url = "ws://localhost:9001/"
    var identity = "SIM"
    var count = 1
    var password: String?
    var connectors = 1
    var power = 11_000
    var charges = false
    var tag = "SIMULATOR"
    var sessionMinutes = 30
    var pauseMinutes = 1
    var interval = 60
    var speed = 1
    var perSecond = 50
    var misbehaviours: Set<Misbehaviour> = []
    var misbehavesAtRandom = false
    var seed = UInt64.random(in: 1...999_999)
    var showsFrames = false
    var loops = 2

    /// Nil when only the help is wanted.
    init?(_ arguments: [String]) throws(BadOptions) {
        var rest = arguments[...]
        var frames: Bool?
        while let name = rest.popFirst() {
            switch name {
            case "--help", "-h": return nil
            case "--url": url = try Self.text(name, &rest)
            case "--id": identity = try Self.text(name, &rest)
            case "--count": count = try Self.number(name, &rest, 1...100_000)
            case "--password": password = try Self.text(name, &rest)
            case "--connectors": connectors = try Self.number(name, &rest, 1...100)
            case "--power": power = try Self.number(name, &rest, 1...1_000_000)
            case "--charge": charges = true
            case "--tag": tag = try Self.text(name, &rest)
            case "--session": sessionMinutes = try Self.number(name, &rest, 1...10_000)
            case "--pause": pauseMinutes = try Self.number(name, &rest, 0...10_000)
            case "--interval": interval = try Self.number(name, &rest, 0...86_400)
            case "--speed": speed = try Self.number(name, &rest, 1...10_000)
            case "--per-second": perSecond = try Self.number(name, &rest, 1...10_000)
            case "--misbehave": try readManners(try Self.text(name, &rest))
            case "--seed": seed = UInt64(try Self.number(name, &rest, 0...Int.max))
            case "--frames": frames = true
            case "--quiet": frames = false
            case "--loops": loops = try Self.number(name, &rest, 1...64)
            default: throw BadOptions("\(name) is no option")
            }
        }
        showsFrames = frames ?? (count <= 3)
    }

    private mutating func readManners(_ text: String) throws(BadOptions) {
        if text == "random" {
            misbehavesAtRandom = true
            return
        }
        for word in text.split(separator: ",") {
            guard let misbehaviour = Misbehaviour(rawValue: String(word)) else {
                throw BadOptions("nobody misbehaves like \(word)")
            }
            misbehaviours.insert(misbehaviour)
        }
    }

    private static func text(_ name: String, _ rest: inout ArraySlice<String>) throws(BadOptions) -> String {
        guard let value = rest.popFirst(), !value.isEmpty else { throw BadOptions("\(name) wants a value") }
        return value
    }

    private static func number(
        _ name: String, _ rest: inout ArraySlice<String>, _ range: ClosedRange<Int>
    ) throws(BadOptions) -> Int {
        guard let number = Int(try text(name, &rest)), range.contains(number) else {
            throw BadOptions("\(name) wants a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    var routine: Fleet.Routine? {
        guard charges else { return nil }
        return Fleet.Routine(
            tag: tag, session: .seconds(60 * sessionMinutes), pause: .seconds(60 * pauseMinutes))
    }

    func profile(identity: String, number: Int) -> StationProfile {
        var profile = StationProfile()
        profile.connectors = connectors
        profile.power = Double(power)
        profile.sampleInterval = interval
        profile.pace = .running(speed: Double(speed))
        profile.loggedFrames = 0
        profile.manners =
            misbehavesAtRandom ? .random(seed: seed &+ UInt64(number)) : .bad(misbehaviours)
        if showsFrames {
            profile.onFrame = { entry in
                say(
                    "\(Timestamp.text(Clock.system.now)) \(identity) \(entry.direction == .sent ? "→" : "←") \(entry.text)"
                )
            }
        }
        return profile
    }
}
