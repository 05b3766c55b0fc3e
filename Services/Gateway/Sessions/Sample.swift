import Core
import FoundationEssentials
import OCPP

/// What one moment's sampled values come to, in our units, with what was done to make sense of them.
struct Sample: Equatable, Sendable {
    enum Grade: String, Comparable, Sendable {
        case good, repaired, doubtful, rejected

        private var badness: Int {
            switch self {
            case .good: 0
            case .repaired: 1
            case .doubtful: 2
            case .rejected: 3
            }
        }

        static func < (left: Self, right: Self) -> Bool { left.badness < right.badness }
    }

    /// The order of samples of one moment.
    enum Context: Int16, Comparable, Sendable {
        case begin = 0
        case periodic = 1
        case end = 2

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    var context = Context.periodic
    /// Wh of the whole meter, as the station counts.
    var register: Double?
    var powerW: Int32?
    var stateOfCharge: Int16?
    var voltage: Double?
    var current: Double?
    var offered: Double?
    private(set) var grade = Grade.good
    /// Why it is not simply good; empty else.
    private(set) var rules: [String] = []

    mutating func note(_ rule: String, _ grade: Grade) {
        if !rules.contains(rule) { rules.append(rule) }
        self.grade = max(self.grade, grade)
    }

    mutating func repair(_ rule: String) { note(rule, .repaired) }
    mutating func doubt(_ rule: String) { note(rule, .doubtful) }

    /// Reads values as ocpp.md, MeterValues, has it: missing measurand is the imported register, missing unit Wh, W, A, V, percent.
    init(_ values: [V16.SampledValue]) {
        var totals = Totals()
        var phases: [Measurand: [V16.Phase: Double]] = [:]
        var isAnythingRead = false
        for value in values {
            switch value.context?.known {
            case .transactionBegin: context = .begin
            case .transactionEnd: context = .end
            default: break
            }
            // A signed reading is evidence and no number.
            guard value.format?.known != .signedData else {
                isAnythingRead = true
                continue
            }
            guard let what = Measurand(value) else {
                isAnythingRead = true
                continue
            }
            guard let number = number(of: value, what) else {
                note("unreadable value", .repaired)
                continue
            }
            isAnythingRead = true
            guard let phase = value.phase else {
                totals[what] = number
                continue
            }
            if let known = phase.known, known.isOneWire { phases[what, default: [:]][known] = number }
        }
        guard isAnythingRead else {
            note(values.isEmpty ? "no values" : "unreadable value", .rejected)
            return
        }
        for (what, parts) in phases where totals[what] == nil {
            totals[what] = combine(parts.values, of: what)
        }
        take(totals)
    }

    private mutating func combine(_ parts: some Collection<Double>, of what: Measurand) -> Double? {
        switch what {
        case .register, .power:
            repair("phases summed")
            return parts.reduce(0, +)
        case .current, .offered: return parts.max()
        case .voltage: return parts.reduce(0, +) / Double(parts.count)
        case .stateOfCharge: return parts.first
        }
    }

    private mutating func take(_ totals: Totals) {
        register = totals.register.flatMap { (-9e14...9e14).contains($0) ? $0 : nil }
        powerW = totals.power.flatMap { Self.whole($0, in: 0...1e8) }
        stateOfCharge = totals.stateOfCharge.flatMap { Self.whole($0, in: 0...100) }
        voltage = totals.voltage.flatMap(Self.real)
        current = totals.current.flatMap(Self.real)
        offered = totals.offered.flatMap(Self.real)
    }

    /// Rounded; nil for what is not in the range.
    private static func whole<Number: FixedWidthInteger>(_ value: Double, in range: ClosedRange<Double>)
        -> Number?
    {
        let rounded = value.rounded()
        return range.contains(rounded) ? Number(rounded) : nil
    }

    /// What a column of four bytes holds.
    private static func real(_ value: Double) -> Double? { abs(value) < 1e30 ? value : nil }

    /// Blanks, a decimal comma, an exponent: what stations write for numbers. Nil for no number, and for none that is finite.
    private mutating func number(of value: V16.SampledValue, _ what: Measurand) -> Double? {
        var factor = 1.0
        if what == .register || what == .power { factor = self.factor(of: value.unit?.word, for: what) }
        let text = value.value
        if let plain = Self.decimal(text) { return plain * factor }
        let trimmed = text.trimmed
        let pointed = trimmed.contains(".") ? trimmed : String(trimmed.map { $0 == "," ? "." : $0 })
        guard let number = Self.decimal(pointed) else { return nil }
        repair("number repaired")
        return number * factor
    }

    /// Swift reads hexadecimal numbers, infinity and NaN as well; no meter means those.
    private static func decimal(_ text: String) -> Double? {
        guard !text.isEmpty, text.utf8.allSatisfy({ ($0 >= 0x2B && $0 <= 0x39) || $0 | 0x20 == 0x65 }),
            let number = Double(text), number.isFinite
        else { return nil }
        return number
    }

    private mutating func factor(of unit: String?, for what: Measurand) -> Double {
        switch (what, unit) {
        case (_, nil), (.register, "Wh"), (.power, "W"): return 1
        case (.register, "kWh"), (.power, "kW"): return 1_000
        default: break
        }
        let word = unit?.lowercased().trimmed ?? ""
        switch word {
        case "kwh", "kw":
            repair("unit \(unit ?? "") read as \(what == .power ? "kW" : "kWh")")
            return 1_000
        default:
            repair("unit \(unit ?? "") passed over")
            return 1
        }
    }

    /// What we make something of.
    enum Measurand: Hashable {
        case register, power, stateOfCharge, voltage, current, offered

        init?(_ value: V16.SampledValue) {
            switch value.measurand {
            case nil, .known(.energyActiveImportRegister):
                // The vehicle's own meter is not the one that bills.
                if value.location?.known == .vehicle { return nil }
                self = .register
            case .known(.powerActiveImport): self = .power
            case .known(.stateOfCharge): self = .stateOfCharge
            case .known(.voltage): self = .voltage
            case .known(.currentImport): self = .current
            case .known(.currentOffered): self = .offered
            default: return nil
            }
        }
    }
}

/// One number for each measurand; of several the last.
private struct Totals {
    var register: Double?
    var power: Double?
    var stateOfCharge: Double?
    var voltage: Double?
    var current: Double?
    var offered: Double?

    subscript(what: Sample.Measurand) -> Double? {
        get {
            switch what {
            case .register: register
            case .power: power
            case .stateOfCharge: stateOfCharge
            case .voltage: voltage
            case .current: current
            case .offered: offered
            }
        }
        set {
            switch what {
            case .register: register = newValue
            case .power: power = newValue
            case .stateOfCharge: stateOfCharge = newValue
            case .voltage: voltage = newValue
            case .current: current = newValue
            case .offered: offered = newValue
            }
        }
    }
}

extension V16.Phase {
    /// Against the neutral or by itself; between two wires it is no part of a sum.
    fileprivate var isOneWire: Bool {
        switch self {
        case .l1, .l2, .l3, .l1Neutral, .l2Neutral, .l3Neutral: true
        case .neutral, .l1l2, .l2l3, .l3l1: false
        }
    }
}
