import Core
import FoundationEssentials
import Postgres

/// What has flowed in one session, counted from registers that may be in the wrong unit, begin at nothing, jump or fall. Whether a
/// register is believed depends on its own moment only, so that shuffled readings come to the same energy.
struct EnergyCount: Equatable, Sendable {
    /// Register at the start; nil where the station told one that no meter shows, until its first reading.
    private(set) var start: Int64?
    /// The most that was believed so far.
    private(set) var energy: Energy
    /// Of the newest register that was believed.
    private(set) var lastTaken: Date
    private let startedAt: Date
    /// The start is dated from its receipt: nothing follows from how long ago that was.
    private let isTimeUnsure: Bool
    private let ratingW: Int32
    /// The station's meter values begin each session at nothing, whatever its starts say.
    private var countsPerSession = false
    private let isStartTold: Bool

    /// What connectors that nobody has rated are taken for.
    private static let highestRatingW: Int32 = 400_000
    /// Meters are read late and rounded: so much more than rating times time is still believed.
    private static let tolerance = 1.25
    private static let allowanceWh = 2_000.0
    /// Hours that a session of unknown beginning may have lasted.
    private static let longestHours = 24.0
    /// A register may fall by this much between two roundings.
    private static let jitterWh: Int64 = 10

    /// - Parameter energy: what was believed before, for a session that is read from its row.
    init(
        start: Int64, energy: Energy = .zero, startedAt: Date, lastTaken: Date? = nil,
        isTimeUnsure: Bool = false, ratingW: Int32 = 0
    ) {
        isStartTold = Self.isRegister(start)
        self.start = isStartTold ? start : nil
        self.energy = energy
        self.startedAt = startedAt
        self.lastTaken = lastTaken ?? startedAt
        self.isTimeUnsure = isTimeUnsure
        self.ratingW = ratingW > 0 ? ratingW : Self.highestRatingW
    }

    /// As `columns` of a session's row have it.
    init(_ cells: inout Cells) throws {
        let (told, from): (Int64, Int64?) = (try cells.next(), try cells.next())
        let energy: Energy = try cells.next()
        let startedAt: Date = try cells.next()
        let (lastTaken, isTimeUnsure): (Date?, Bool) = (try cells.next(), try cells.next())
        self.init(
            start: told, energy: energy, startedAt: startedAt, lastTaken: lastTaken,
            isTimeUnsure: isTimeUnsure, ratingW: try cells.next())
        if start == nil { start = from } else { countsPerSession = from == 0 && told > 0 }
    }

    /// Of `gateway.session AS charge`, joined with its connector. A start that was dated from its receipt tells no time.
    static let columns = """
        charge.meter_start, charge.counted_from, charge.energy_wh, coalesce(charge.started_at, charge.requested_at),
        charge.last_reading_at, coalesce(charge.started_at = charge.start_received_at, false),
        coalesce(connector.power_w, 0)
        """

    /// Where the counting begins, if not at the meter that the start told; null else.
    var countedFrom: Int64? {
        guard countsPerSession else { return isStartTold ? nil : start }
        return 0
    }

    /// Stations that cannot read their meter say −1 or the largest number they know.
    static func isRegister(_ register: Int64) -> Bool { (0..<Int64(Int32.max)).contains(register) }

    /// The highest register so far, in the station's own count.
    var register: Int64 { (start ?? 0) + energy.wattHours }

    /// Takes a reading in. Its register becomes what we read it as, its grade what that is worth.
    ///
    /// Returns: what had flowed when it was taken.
    @discardableResult
    mutating func take(_ sample: inout Sample, at moment: Date) -> Energy {
        guard let read = sample.register else { return energy }
        guard let start else {
            self.start = Int64(read.rounded())
            sample.repair("meter at the start unknown")
            return energy
        }
        guard let reading = understand(read, start, sample.powerW, moment) else {
            sample.doubt(read < Double(start) ? "register fell" : "more than the connector can give")
            return energy
        }
        let flowed = Int64(reading.flowed.rounded())
        sample.register = Double(start + flowed)
        guard flowed >= energy.wattHours else {
            if moment >= lastTaken, energy.wattHours - flowed > Self.jitterWh {
                sample.doubt("register fell")
            }
            return Energy(wattHours: flowed)
        }
        if let rule = reading.rule { sample.repair(rule) }
        if reading.isPerSession { countsPerSession = true }
        energy = Energy(wattHours: flowed)
        lastTaken = max(lastTaken, moment)
        return energy
    }

    private struct Understanding {
        var flowed: Double
        var rule: String?
        var isPerSession = false
    }

    private func understand(_ read: Double, _ start: Int64, _ powerW: Int32?, _ moment: Date)
        -> Understanding?
    {
        let start = Double(start)
        let perSession = Understanding(flowed: read, rule: "session counter", isPerSession: true)
        if countsPerSession, isPossible(read, at: moment) { return perSession }
        // Wh by the power that the same reading tells, if it had been drawn all the time.
        let expected = powerW.map { Double($0) * max(0, moment.timeIntervalSince(startedAt)) / 3_600 }
        let plain = Understanding(flowed: read - start)
        if isPossible(plain.flowed, at: moment), !isThousandfold(plain.flowed, read * 1_000 - start, expected)
        {
            return plain
        }
        var others = [
            Understanding(flowed: read * 1_000 - start, rule: "kWh called Wh"),
            Understanding(flowed: read / 1_000 - start, rule: "Wh called kWh"),
        ]
        // A register just below the start is one that fell, not one that began anew.
        if read * 2 < start { others.append(perSession) }
        others = others.filter { isPossible($0.flowed, at: moment) && $0.flowed >= Double(energy.wattHours) }
        guard others.count > 1 else { return others.first }
        guard let expected, expected > 0 else { return nil }
        return others.min { abs($0.flowed - expected) < abs($1.flowed - expected) }
    }

    /// Whether the power that was told fits a thousand times the energy, and the energy itself by no means.
    private func isThousandfold(_ flowed: Double, _ thousandfold: Double, _ expected: Double?) -> Bool {
        guard let expected, expected >= 100, flowed > 0 else { return false }
        return flowed < expected * 0.02 && (expected * 0.2...expected * 5).contains(thousandfold)
    }

    private func isPossible(_ flowed: Double, at moment: Date) -> Bool {
        guard flowed >= 0 else { return false }
        let passed = max(0, moment.timeIntervalSince(startedAt)) / 3_600
        let hours = isTimeUnsure ? max(passed, Self.longestHours) : passed
        return flowed <= Double(ratingW) * hours * Self.tolerance + Self.allowanceWh
    }

    /// By how much the end may lie below the last reading: meters of one station are rounded each in its own way.
    private var slack: Int64 { max(100, energy.wattHours / 100) }

    /// What a stop comes to: its meter, unless the samples that it carries know better, or it cannot be; then the last reading.
    ///
    /// Returns: why the meter was not taken; nil where it was.
    mutating func end(meter: Int64, samples: inout [TimedSample], at moment: Date) -> String? {
        samples.sort()
        let known = register
        let begin = samples.first { $0.sample.context == .begin }?.sample.register
        let end = samples.last { $0.sample.context == .end }?.sample.register
        for index in samples.indices { take(&samples[index].sample, at: samples[index].clock.moment) }
        if let begin, let end, begin >= 0, isPossible(end - begin, at: moment), end >= Double(known - slack) {
            start = Int64(begin.rounded())
            energy = Energy(wattHours: Int64((end - begin).rounded()))
            return nil
        }
        if end != nil, samples.last(where: { $0.sample.context == .end })?.sample.grade != .doubtful {
            return nil
        }
        guard let start else { return "meter at the start unknown" }
        let flowed = meter - start
        guard meter >= start else {
            if countsPerSession, meter >= energy.wattHours, isPossible(Double(meter), at: moment) {
                energy = Energy(wattHours: meter)
                return nil
            }
            return "meter at the stop below the start"
        }
        guard isPossible(Double(flowed), at: moment) else {
            return "meter at the stop beyond what can have flowed"
        }
        guard flowed >= energy.wattHours - slack else {
            return "meter at the stop below the last reading"
        }
        energy = Energy(wattHours: flowed)
        return nil
    }
}
