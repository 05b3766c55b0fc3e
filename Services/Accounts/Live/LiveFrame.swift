import Core
import FoundationEssentials

/// What the server says on the client WebSocket (api.md 3.3); what has no value is left out.
struct LiveFrame: Codable, Equatable, Sendable {
    enum Status: String, Codable, Sendable {
        case success, error, waiting, ping, value, event
    }

    enum Stage: String, Codable, Sendable {
        case start, stop, info
        case logEvent = "log-event"
        case pointEvent = "charge-point-event"
    }

    var status: Status
    var stage: Stage
    var info: String?
    var id: Int64?
    var progress: Int?
    /// Wh so far.
    var power: Int64?
    /// W.
    var power_rate: Int?
    var soc: Int?
    var price: Int64?
    var minute: Int?
    var connector_id: Int?
    var connector_status: String?
    var data: String?
    var meter_value: LiveSample?
    var status_code: Int?

    static func error(_ info: String, _ stage: Stage = .info, code: Int? = nil) -> LiveFrame {
        LiveFrame(status: .error, stage: stage, info: info, status_code: code)
    }

    /// A start that is waited for.
    static func waiting(since begin: Date, for patience: Duration, at now: Date) -> LiveFrame {
        let seconds = max(0, Int(now.duration(since: begin).wholeSeconds))
        let progress = min(100, seconds * 100 / Int(patience.wholeSeconds))
        return LiveFrame(
            status: .waiting, stage: .start, info: "waiting \(seconds)s; \(progress)%", id: -1,
            progress: progress)
    }

    static let greeting = LiveFrame(status: .ping, stage: .info, info: "new connection")
    static let idle = LiveFrame(status: .success, stage: .info, info: "idle")
}

/// A sample inside a frame (api.md 3.3, meter stream).
struct LiveSample: Codable, Equatable, Sendable {
    var transaction_id: Int64
    var value: Int64
    var power_rate: Int
    var battery_level: Int
    var consumed_energy: Int64
    var price: Int64
    var time: Date
    var timestamp: Int64
    var minute: Int
    var unit: String
    var measurand: String
    var connector_id: Int
    var connector_status: String
}

/// What a client asks (api.md 3.2).
struct LiveRequest: Codable, Sendable {
    var token: String?
    var command: String?
    var charge_point_id: String?
    var connector_id: Int64?
    var transaction_id: Int64?
    var payment_method_id: String?
    var car_id: Int64?
    var target_wh: Int64?
    var discount_code: String?

    /// What is wrong in it, each by the field and the rule that it breaks.
    var mistakes: [String] {
        var found: [String] = []
        if command.flatMap(LiveCommand.init) == nil { found.append("Command ws_command") }
        if let connector_id, connector_id < 0 { found.append("ConnectorId min") }
        if let transaction_id, transaction_id < 0 { found.append("TransactionId min") }
        if let target_wh, !(1...1_000_000).contains(target_wh) { found.append("TargetWh range") }
        if command == LiveCommand.startTransaction.rawValue {
            if charge_point_id?.isEmpty ?? true { found.append("ChargePointId required") }
            if connector_id == nil { found.append("ConnectorId required") }
        }
        return found
    }
}

enum LiveCommand: String, CaseIterable, Sendable {
    case startTransaction = "StartTransaction"
    case stopTransaction = "StopTransaction"
    case checkStatus = "CheckStatus"
    case listenTransaction = "ListenTransaction"
    case stopListenTransaction = "StopListenTransaction"
    case listenChargePoints = "ListenChargePoints"
    case stopListenChargePoints = "StopListenChargePoints"
    case listenLog = "ListenLog"
    case stopListenLog = "StopListenLog"
    case pingConnection = "PingConnection"
}
