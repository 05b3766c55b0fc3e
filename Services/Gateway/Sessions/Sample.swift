import Core
import FoundationEssentials
import OCPP

/// What one moment's sampled values come to, in our units, with what was done to make sense of them.
struct Sample: Equatable, Sendable {
    enum Grade: String, Sendable {
        case good, repaired, doubtful
    }

    /// The order of samples of one moment.
    enum Context: Int16, Comparable, Sendable {
        case begin = 0
        case periodic = 1
        case end = 2

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    var context = Context.periodic
    /// Of the whole meter, as the station counts.
    var register: Int64?
    var powerW: Int32?
    var stateOfCharge: Int16?
    var voltage: Double?
    var current: Double?
    var offered: Double?
    var grade = Grade.good
    /// Why it is not simply good; empty else.
    var rules: [String] = []

    /// Reads values as ocpp.md, MeterValues, has it: missing measurand is the imported register, missing unit Wh, W, A, V, percent.
    init(_ values: [V16.SampledValue]) {
        var totals: [Measurand: Double] = [:]
        var phases: [Measurand: [V16.Phase: Double]] = [:]
        for value in values {
            guard let measured = Measured(value, &rules) else { continue }
            switch value.context?.known {
            case .transactionBegin: context = .begin
            case .transactionEnd: context = .end
            default: break
            }
            if let phase = value.phase?.known, Measured.isOnePhase(phase) {
                phases[measured.what, default: [:]][phase] = measured.number
            } else if value.phase == nil {
                totals[measured.what] = measured.number
            }
        }
        func total(_ what: Measurand) -> Double? {
            if let total = totals[what] { return total }
            guard let parts = phases[what], !parts.isEmpty else { return nil }
            switch what {
            case .register, .power:
                rules.append("phases summed")
                return parts.values.reduce(0, +)
            case .current, .offered: return parts.values.max()
            case .voltage: return parts.values.reduce(0, +) / Double(parts.count)
            case .stateOfCharge: return parts.values.first
            }
        }
        register = total(.register).flatMap { Self.whole($0, in: -9e15...9e15) }
        powerW = total(.power).flatMap { Self.whole($0, in: 0...1e8) }
        stateOfCharge = total(.stateOfCharge).flatMap { Self.whole($0, in: 0...100) }
        voltage = total(.voltage).map { $0 }
        current = total(.current).map { $0 }
        offered = total(.offered).map { $0 }
        if !rules.isEmpty { grade = .repaired }
    }

    /// Rounded; nil for what is not in the range.
    private static func whole<Number: FixedWidthInteger>(_ value: Double, in range: ClosedRange<Double>)
        -> Number?
    {
        let rounded = value.rounded()
        return range.contains(rounded) ? Number(rounded) : nil
    }

    /// What we make something of.
    enum Measurand: Hashable {
        case register, power, stateOfCharge, voltage, current, offered
    }
}

/// One sampled value as a number in our unit.
private struct Measured {
    let what: Sample.Measurand
    let number: Double

    init?(_ value: V16.SampledValue, _ rules: inout [String]) {
        // A signed reading is evidence and no number.
        guard value.format?.known != .signedData else { return nil }
        let unit = value.unit?.word
        switch value.measurand {
        case nil, .known(.energyActiveImportRegister): what = .register
        case .known(.powerActiveImport): what = .power
        case .known(.stateOfCharge): what = .stateOfCharge
        case .known(.voltage): what = .voltage
        case .known(.currentImport): what = .current
        case .known(.currentOffered): what = .offered
        default: return nil
        }
        // The vehicle's and the inlet's own meters are not the one that bills.
        if what == .register, let location = value.location?.known, location == .vehicle { return nil }
        guard let read = Self.number(value.value, &rules) else {
            rules.append("unreadable value")
            return nil
        }
        number = read * Self.factor(of: unit, for: what, &rules)
    }

    /// Blanks, a decimal comma, an exponent: what stations write for numbers. Nil for no number, and for none that is finite.
    private static func number(_ text: String, _ rules: inout [String]) -> Double? {
        if let plain = Double(text), plain.isFinite { return plain }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return nil }
        let pointed = trimmed.contains(".") ? trimmed : String(trimmed.map { $0 == "," ? "." : $0 })
        guard let number = Double(pointed), number.isFinite else { return nil }
        rules.append("number repaired")
        return number
    }

    private static func factor(
        of unit: String?, for what: Sample.Measurand, _ rules: inout [String]
    ) -> Double {
        switch (what, unit) {
        case (.register, "kWh"), (.power, "kW"): return 1_000
        case (.register, nil), (.register, "Wh"), (.power, nil), (.power, "W"): return 1
        case (.register, "kW"):
            rules.append("kW for energy read as kWh")
            return 1_000
        case (.power, "kWh"):
            rules.append("kWh for power read as kW")
            return 1_000
        case (.register, _), (.power, _):
            rules.append("unit \(unit ?? "") passed over")
            return 1
        default: return 1
        }
    }

    static func isOnePhase(_ phase: V16.Phase) -> Bool {
        switch phase {
        case .l1, .l2, .l3, .l1Neutral, .l2Neutral, .l3Neutral: true
        case .neutral, .l1l2, .l2l3, .l3l1: false
        }
    }
}
