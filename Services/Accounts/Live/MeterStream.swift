import Contracts
import Core
import FoundationEssentials

/// The samples of one session on their way to one socket: each once, at least a second apart; of those in between the newest is
/// sent when the second is over.
struct MeterStream {
    enum Action {
        case send(LiveFrame)
        /// Kept; to be sent after so long.
        case wait(Duration)
        case nothing
    }

    private var taken = Date.distantPast
    private var sent: MonotonicInstant?
    private var held: LiveFrame?

    static let pace = Duration.seconds(1)

    mutating func hear(_ reading: ReadingsStored.Reading, at now: MonotonicInstant) -> Action {
        guard reading.takenAt > taken else { return .nothing }
        taken = reading.takenAt
        let frame = LiveFrame(reading)
        guard let sent, now - sent < Self.pace else {
            self.sent = now
            return .send(frame)
        }
        let isWaiting = held != nil
        held = frame
        return isWaiting ? .nothing : .wait(Self.pace - (now - sent))
    }

    /// What was kept back, since its second is over or the session is.
    mutating func release(at now: MonotonicInstant) -> LiveFrame? {
        defer { held = nil }
        if held != nil { sent = now }
        return held
    }
}

extension LiveFrame {
    init(_ reading: ReadingsStored.Reading) {
        let status = reading.status?.word ?? "Charging"
        self.init(status: .value, stage: .info, info: "Energy.Active.Import.Register")
        id = reading.session.number
        power = reading.energy.wattHours
        power_rate = reading.powerW ?? 0
        soc = reading.stateOfCharge
        price = reading.price.minorUnits
        minute = reading.minute
        connector_id = reading.place.number
        connector_status = status
        meter_value = LiveSample(
            transaction_id: reading.session.number, value: reading.register.wattHours,
            power_rate: reading.powerW ?? 0, battery_level: reading.stateOfCharge ?? 0,
            consumed_energy: reading.energy.wattHours, price: reading.price.minorUnits, time: reading.takenAt,
            timestamp: Int64(reading.takenAt.timeIntervalSince1970), minute: reading.minute, unit: "Wh",
            measurand: "Energy.Active.Import.Register", connector_id: reading.place.number,
            connector_status: status)
    }

    /// The end of a session that somebody listens to.
    static func stopped(_ session: ID<ChargingSession>) -> LiveFrame {
        LiveFrame(status: .success, stage: .stop, info: "Transaction stopped: \(session)", id: session.number)
    }
}
