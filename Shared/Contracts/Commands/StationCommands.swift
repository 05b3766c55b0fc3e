/// Send one OCPP call and bring the station's answer back. The gateway checks the payload against its schema and then
/// sends it letter by letter.
package struct SendCall: GatewayCommand {
    package static let kind = "station.call"

    package struct Answer: Codable, Equatable, Sendable {
        /// The CALLRESULT's payload as JSON text. That its status may be a refusal is for the asker to read.
        package var payload: String

        package init(payload: String) {
            self.payload = payload
        }
    }

    package var chargePoint: ChargePointID
    /// OCPP's word: `ChangeAvailability`.
    package var action: String
    /// JSON text.
    package var payload: String

    package init(_ action: String, _ payload: String, to chargePoint: ChargePointID) {
        self.chargePoint = chargePoint
        self.action = action
        self.payload = payload
    }

    package var receiver: CommandReceiver { .holder(of: chargePoint) }
}

/// Send the whole local list of tags: version and content are the gateway's to know.
package struct SendTagList: GatewayCommand {
    package typealias Answer = SendCall.Answer
    package static let kind = "station.tag-list"

    package var chargePoint: ChargePointID

    package init(to chargePoint: ChargePointID) {
        self.chargePoint = chargePoint
    }

    package var receiver: CommandReceiver { .holder(of: chargePoint) }
}

/// Close a station's connection: its password or profile changed, or its entry was deleted.
package struct Disconnect: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "station.disconnect"

    package var chargePoint: ChargePointID
    /// For the log and the close frame.
    package var reason: String

    package init(_ chargePoint: ChargePointID, reason: String) {
        self.chargePoint = chargePoint
        self.reason = reason
    }

    package var receiver: CommandReceiver { .holder(of: chargePoint) }
}
