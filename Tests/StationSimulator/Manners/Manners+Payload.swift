import Core
import FoundationEssentials
import OCPP

// What bad manners make of a payload before it is sent. They work on the JSON, since much of it no type would allow.

extension Manners {
    /// The payload as this station sends it.
    mutating func spoil(_ payload: [UInt8], of action: String) -> [UInt8] {
        guard !areGood, let document = try? JSONDocument(payload) else { return payload }
        var value = JSONValue(document)
        switch V16.Action(rawValue: action) {
        case .meterValues:
            spoilTransaction(&value)
            value.change("meterValue") { $0.changeElements { spoil(reading: &$0) } }
            value.change("meterValue") { spoil(list: &$0) }
        case .startTransaction:
            if allow(.startsAtMaximum) { value["meterStart"] = 2_147_483_647 }
        case .stopTransaction:
            if allow(.stopsBelowStart) { value["meterStop"] = -1 }
            value.change("transactionData") { $0.changeElements { spoil(reading: &$0) } }
        default: break
        }
        spoilTime(&value)
        if allow(.unknownMembers) { value["vendorSecret"] = "42" }
        return JSONWriter.encode(value)
    }

    private mutating func spoilTransaction(_ value: inout JSONValue) {
        if allow(.transactionZero) { value["transactionId"] = 0 }
        if allow(.transactionMinusOne) { value["transactionId"] = -1 }
        if allow(.transactionNull) { value["transactionId"] = .null }
        if allow(.transactionMissing) { value["transactionId"] = nil }
        if allow(.transactionHuge) { value["transactionId"] = .number(9_223_372_036_854_775_808) }
    }

    private mutating func spoil(list readings: inout JSONValue) {
        guard case .array(let elements) = readings else { return }
        if allow(.shufflesReadings) { readings = .array(shuffle(elements)) }
        if allow(.objectForList), let first = elements.first { readings = first }
    }

    private mutating func spoil(reading: inout JSONValue) {
        if allow(.emptySampledValue) {
            reading["sampledValue"] = []
            return
        }
        reading.change("sampledValue") { samples in
            samples.changeElements { spoil(sample: &$0) }
            guard case .array(let elements) = samples else { return }
            if allow(.onePhaseOnly) { samples = .array(elements.map(Self.onFirstPhase)) }
            if allow(.wrongTotal) { samples = .array(elements + elements.flatMap(Self.phases)) }
        }
    }

    private mutating func spoil(sample: inout JSONValue) {
        let isEnergy = sample["measurand"] == "Energy.Active.Import.Register"
        if isEnergy, allow(.kilowattHoursCalledWattHours) { sample.scale(by: 0.001) }
        if isEnergy, allow(.wattHoursCalledKilowattHours) { sample["unit"] = "kWh" }
        if isEnergy, allow(.resetsRegister) { sample["value"] = "3" }
        if allow(.misspellsUnits) { sample["unit"] = isEnergy ? "Hz" : "Wh" }
        if allow(.leavesOutUnits) { sample["unit"] = nil }
        if !isEnergy, allow(.unknownMeasurands) { sample["measurand"] = "Coffee.Consumed" }
        if allow(.beginsAndEndsAlways) { sample["context"] = "Transaction.Begin" }
        spoilNumber(&sample)
    }

    private mutating func spoilNumber(_ sample: inout JSONValue) {
        guard case .string(let number)? = sample["value"] else { return }
        if allow(.blanksInNumbers) { sample["value"] = .string(" \(number) ") }
        if allow(.commasInNumbers) { sample["value"] = .string(number.replacing(".", with: ",")) }
        if allow(.exponentsInNumbers), let value = Double(number) {
            sample["value"] = .string("\(value / 1_000)E3")
        }
        if allow(.emptyNumbers) { sample["value"] = "" }
        if allow(.notANumber) { sample["value"] = "NaN" }
        if allow(.numbersForTexts), let value = Double(number) { sample["value"] = .number(value) }
    }

    private static func onFirstPhase(_ sample: JSONValue) -> JSONValue {
        var copy = sample
        copy["phase"] = "L1"
        return copy
    }

    /// Three phases that make another sum than the total that stands beside them.
    private static func phases(of sample: JSONValue) -> [JSONValue] {
        guard sample["measurand"] == "Energy.Active.Import.Register" else { return [] }
        return ["L1", "L2", "L3"].map { phase in
            var copy = sample
            copy["phase"] = .string(phase)
            copy.scale(by: 0.2)
            return copy
        }
    }

    private mutating func spoilTime(_ value: inout JSONValue) {
        let isAt1970 = allow(.clockAt1970)
        let isLocal = allow(.localTimeCalledUTC)
        let hasNoZone = allow(.noZone)
        guard isAt1970 || isLocal || hasNoZone else { return }
        value.changeTimes { text in
            guard let time = Timestamp(text) else { return text }
            var date = time.date
            // A clock that began at 1970 when its battery died this afternoon.
            if isAt1970 {
                date = Date(
                    timeIntervalSince1970: date.timeIntervalSince1970.truncatingRemainder(dividingBy: 86_400))
            }
            if isLocal { date += 2 * 3_600 }
            let written = Timestamp.text(date)
            return hasNoZone ? String(written.dropLast()) : written
        }
    }
}

extension JSONValue {
    fileprivate subscript(_ name: String) -> JSONValue? {
        get {
            if case .object(let members) = self { members[name] } else { nil }
        }
        set {
            guard case .object(var members) = self else { return }
            members[name] = newValue
            self = .object(members)
        }
    }

    fileprivate mutating func change(_ name: String, _ change: (inout JSONValue) -> Void) {
        guard var value = self[name] else { return }
        change(&value)
        self[name] = value
    }

    fileprivate mutating func changeElements(_ change: (inout JSONValue) -> Void) {
        guard case .array(var elements) = self else { return }
        for index in elements.indices { change(&elements[index]) }
        self = .array(elements)
    }

    fileprivate mutating func scale(by factor: Double) {
        guard case .string(let text)? = self["value"], let number = Double(text) else { return }
        self["value"] = .string("\(number * factor)")
    }

    /// Every text under the name `timestamp`, however deep.
    fileprivate mutating func changeTimes(_ change: (String) -> String) {
        switch self {
        case .array: changeElements { $0.changeTimes(change) }
        case .object(let members):
            for (name, value) in members {
                if name == "timestamp", case .string(let text) = value {
                    self[name] = .string(change(text))
                } else {
                    self.change(name) { $0.changeTimes(change) }
                }
            }
        case .null, .bool, .integer, .number, .string: break
        }
    }
}
