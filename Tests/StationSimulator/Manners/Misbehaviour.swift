/// What stations do wrong. Each was seen at a real one.
package enum Misbehaviour: String, CaseIterable, Sendable {
    // What they say twice, late, or never.
    case repeatsStart = "repeats-start"
    case repeatsStop = "repeats-stop"
    case stopsUnknown = "stops-unknown"
    case neverStops = "never-stops"
    case answersLate = "answers-late"
    case neverAnswers = "never-answers"
    case floodsStatus = "floods-status"
    case restartsMessageIDs = "restarts-message-ids"
    case readsBetweenSessions = "reads-between-sessions"

    // What they call a transaction.
    case transactionZero = "transaction-zero"
    case transactionMinusOne = "transaction-minus-one"
    case transactionNull = "transaction-null"
    case transactionMissing = "transaction-missing"
    case transactionHuge = "transaction-huge"

    // What they measure.
    case kilowattHoursCalledWattHours = "kwh-called-wh"
    case wattHoursCalledKilowattHours = "wh-called-kwh"
    case leavesOutUnits = "no-units"
    case misspellsUnits = "misspelt-units"
    case unknownMeasurands = "unknown-measurands"
    case blanksInNumbers = "blanks-in-numbers"
    case commasInNumbers = "commas-in-numbers"
    case exponentsInNumbers = "exponents-in-numbers"
    case emptyNumbers = "empty-numbers"
    case notANumber = "not-a-number"
    case onePhaseOnly = "one-phase-only"
    case wrongTotal = "wrong-total"
    case resetsRegister = "resets-register"
    case countsPerSession = "counts-per-session"
    case stopsBelowStart = "stops-below-start"
    case startsAtMaximum = "starts-at-maximum"
    case beginsAndEndsAlways = "begins-and-ends-always"
    case shufflesReadings = "shuffles-readings"

    // How they build it.
    case objectForList = "object-for-list"
    case emptySampledValue = "empty-sampled-value"
    case numbersForTexts = "numbers-for-texts"
    case unknownMembers = "unknown-members"

    // What time they think it is.
    case clockAt1970 = "clock-at-1970"
    case localTimeCalledUTC = "local-time-called-utc"
    case noZone = "no-zone"

    // What they do to the wire.
    case splitsFrames = "splits-frames"
    case dropsMidMessage = "drops-mid-message"
    case sendsGarbage = "sends-garbage"
    case sendsBinary = "sends-binary"
    case sendsTooMuch = "sends-too-much"
    case poisonsQueue = "poisons-queue"
    case compressesUnasked = "compresses-unasked"

    /// What a random station may do: all but what leaves it with nothing to say, or the session with nothing to bill.
    static let harmless = allCases.filter {
        switch $0 {
        case .neverStops, .neverAnswers, .sendsTooMuch, .sendsBinary, .compressesUnasked, .dropsMidMessage:
            false
        default: true
        }
    }
}

/// How a station behaves: well, badly in named ways, or badly at random in a way that its seed repeats.
package struct Manners: Sendable {
    private enum Choice {
        case always(Set<Misbehaviour>)
        case random(SeededNumbers, chance: Double)
    }

    private var choice: Choice

    package static let good = Manners(choice: .always([]))

    package static func bad(_ misbehaviours: Misbehaviour...) -> Manners { bad(Set(misbehaviours)) }

    package static func bad(_ misbehaviours: Set<Misbehaviour>) -> Manners {
        Manners(choice: .always(misbehaviours))
    }

    /// - Parameter chance: of each misbehaviour at each message.
    package static func random(seed: UInt64, chance: Double = 0.02) -> Manners {
        Manners(choice: .random(SeededNumbers(seed: seed), chance: chance))
    }

    var areGood: Bool {
        if case .always(let none) = choice { none.isEmpty } else { false }
    }

    /// Whether the station does this now.
    mutating func allow(_ misbehaviour: Misbehaviour) -> Bool {
        switch choice {
        case .always(let chosen): return chosen.contains(misbehaviour)
        case .random(var numbers, let chance):
            guard Misbehaviour.harmless.contains(misbehaviour) else { return false }
            let does = Double.random(in: 0..<1, using: &numbers) < chance
            choice = .random(numbers, chance: chance)
            return does
        }
    }

    mutating func shuffle<Element>(_ list: [Element]) -> [Element] {
        guard case .random(var numbers, let chance) = choice else { return list.reversed() }
        let shuffled = list.shuffled(using: &numbers)
        choice = .random(numbers, chance: chance)
        return shuffled
    }
}

/// Random numbers that a seed repeats: splitmix64.
package struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
