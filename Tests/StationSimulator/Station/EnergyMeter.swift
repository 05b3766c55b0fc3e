import Core
import OCPP

/// A connector's meter and the car that draws through it: what is measured when so much time has passed.
struct EnergyMeter: Sendable {
    /// Watts that the car draws while it charges.
    var power: Double
    /// The lifetime register in watt-hours.
    private(set) var register: Double
    /// Percent of the car's battery.
    private(set) var stateOfCharge: Double
    private let batteryWattHours = 60_000.0
    private let voltage = 230.0
    private let phases = 3.0

    init(register: Energy, power: Double, stateOfCharge: Double = 20) {
        self.register = Double(register.wattHours)
        self.power = power
        self.stateOfCharge = stateOfCharge
    }

    /// Whole watt-hours; what adds up to one but for the last bit of a Double is one.
    var wattHours: Int { Int((register + 1e-6).rounded(.down)) }

    mutating func pass(seconds: Double) {
        add(wattHours: power * seconds / 3_600)
    }

    mutating func add(wattHours: Double) {
        register += wattHours
        stateOfCharge = min(100, stateOfCharge + wattHours / batteryWattHours * 100)
    }

    /// What the station was told to sample, as it would write it. What it cannot measure is left out.
    func samples(
        of measurands: [String], context: V16.ReadingContext, isCharging: Bool
    ) -> [V16.SampledValue] {
        let drawn = isCharging ? power : 0
        return measurands.compactMap { V16.Measurand(rawValue: $0) }.flatMap {
            measurand -> [V16.SampledValue] in
            func one(_ value: String, _ unit: V16.UnitOfMeasure, _ phase: V16.Phase? = nil)
                -> V16.SampledValue
            {
                .init(
                    value: value, context: .known(context), format: .known(.raw),
                    measurand: .known(measurand), phase: phase.map(Open.known), location: .known(.outlet),
                    unit: .known(unit))
            }
            let current = Self.tenths(drawn / phases / voltage)
            return switch measurand {
            case .energyActiveImportRegister: [one("\(wattHours)", .wattHour)]
            case .powerActiveImport: [one(Self.tenths(drawn), .watt)]
            case .powerOffered: [one(Self.tenths(power), .watt)]
            case .currentImport: [V16.Phase.l1, .l2, .l3].map { one(current, .ampere, $0) }
            case .currentOffered: [one(Self.tenths(power / phases / voltage), .ampere)]
            case .voltage: [V16.Phase.l1Neutral, .l2Neutral, .l3Neutral].map { one("230.0", .volt, $0) }
            case .frequency: [one("50.0", .hertz)]
            case .temperature: [one("31.5", .celsius)]
            case .stateOfCharge:
                [one("\(Int(stateOfCharge))", .percent)]
            default: []
            }
        }
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
