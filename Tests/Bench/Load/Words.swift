import Core
import FoundationEssentials

/// The frames that stations say, appended to the output as they go out: nothing is built twice, and nothing is allocated.
struct Words {
    private var second: Int64 = -1
    /// The time up to its seconds, as text.
    private var secondText: [UInt8] = []

    mutating func boot(_ id: Int, _ identity: String, to bytes: inout [UInt8]) {
        Self.begin(id, "BootNotification", &bytes)
        bytes.append(
            text: #"{"chargePointVendor":"VoltBus","chargePointModel":"Bench","chargePointSerialNumber":""#)
        bytes.append(contentsOf: identity.utf8.prefix(25))
        bytes.append(text: #""}]"#)
    }

    mutating func heartbeat(_ id: Int, to bytes: inout [UInt8]) {
        Self.begin(id, "Heartbeat", &bytes)
        bytes.append(text: "{}]")
    }

    /// Odd messages say another status than even ones.
    mutating func status(_ id: Int, to bytes: inout [UInt8]) {
        Self.begin(id, "StatusNotification", &bytes)
        bytes.append(text: #"{"connectorId":1,"errorCode":"NoError","status":""#)
        bytes.append(text: id & 1 == 0 ? "Preparing" : "Available")
        bytes.append(text: #"","timestamp":""#)
        now(to: &bytes)
        bytes.append(text: #""}]"#)
    }

    mutating func start(_ id: Int, tag: String, to bytes: inout [UInt8]) {
        Self.begin(id, "StartTransaction", &bytes)
        bytes.append(text: #"{"connectorId":1,"idTag":""#)
        bytes.append(contentsOf: tag.utf8)
        bytes.append(text: #"","meterStart":1000,"timestamp":""#)
        now(to: &bytes)
        bytes.append(text: #""}]"#)
    }

    mutating func stop(_ id: Int, transaction: Int, seconds: Double, to bytes: inout [UInt8]) {
        Self.begin(id, "StopTransaction", &bytes)
        bytes.append(text: #"{"transactionId":"#)
        bytes.append(number: transaction)
        bytes.append(text: #","reason":"Local","meterStop":"#)
        bytes.append(number: Self.tenths(after: seconds) / 10 + 1)
        bytes.append(text: #","timestamp":""#)
        now(to: &bytes)
        bytes.append(text: #""}]"#)
    }

    /// A car that draws 11 kW since `seconds`: total energy, power, and current and voltage of three phases.
    mutating func meter(_ id: Int, transaction: Int, seconds: Double, to bytes: inout [UInt8]) {
        Self.begin(id, "MeterValues", &bytes)
        bytes.append(text: #"{"connectorId":1,"transactionId":"#)
        bytes.append(number: transaction)
        bytes.append(text: #","meterValue":[{"timestamp":""#)
        now(to: &bytes)
        bytes.append(text: #"","sampledValue":[{"value":""#)
        let tenths = Self.tenths(after: seconds)
        bytes.append(number: tenths / 10)
        bytes.append(UInt8(ascii: "."))
        bytes.append(number: tenths % 10)
        bytes.append(contentsOf: Self.samples)
    }

    private static let samples = Array(
        (#"","context":"Sample.Periodic","format":"Raw","measurand":"Energy.Active.Import.Register","location":"Outlet","#
            + #""unit":"Wh"},{"value":"11000.0","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}"#
            + ["L1", "L2", "L3"].map {
                #",{"value":"15.9","context":"Sample.Periodic","measurand":"Current.Import","phase":"\#($0)","unit":"A"}"#
            }.joined()
            + ["L1-N", "L2-N"].map {
                #",{"value":"230.0","measurand":"Voltage","phase":"\#($0)","unit":"V"}"#
            }.joined()
            + #",{"value":"47","measurand":"SoC","unit":"Percent"}]}]}]"#).utf8)

    private static func tenths(after seconds: Double) -> Int { 10_000 + Int(seconds * 11_000 / 360) }

    private static func begin(_ id: Int, _ action: StaticString, _ bytes: inout [UInt8]) {
        bytes.append(text: #"[2,""#)
        bytes.append(number: id)
        bytes.append(text: #"",""#)
        bytes.append(text: action)
        bytes.append(text: #"","#)
    }

    private mutating func now(to bytes: inout [UInt8]) {
        let now = Clock.system.now.timeIntervalSince1970
        let whole = Int64(now)
        if whole != second {
            second = whole
            let text = Timestamp.text(Date(timeIntervalSince1970: Double(whole)))
            secondText = Array(text.utf8.prefix(19))
        }
        bytes.append(contentsOf: secondText)
        let milliseconds = Int((now - Double(whole)) * 1_000)
        bytes.append(UInt8(ascii: "."))
        bytes.append(0x30 + UInt8(milliseconds / 100))
        bytes.append(0x30 + UInt8(milliseconds / 10 % 10))
        bytes.append(0x30 + UInt8(milliseconds % 10))
        bytes.append(UInt8(ascii: "Z"))
    }
}

extension [UInt8] {
    mutating func append(text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Not negative.
    mutating func append(number: Int) {
        if number >= 10 { append(number: number / 10) }
        append(0x30 + UInt8(number % 10))
    }
}
