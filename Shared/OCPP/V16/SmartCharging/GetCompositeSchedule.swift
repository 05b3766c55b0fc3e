package import Core

extension V16 {
    /// Asks what all profiles together allow. OCPP 1.6 edition 2, §5.7.
    package enum GetCompositeSchedule: OCPPCall {
        package static let action = V16.Action.getCompositeSchedule

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var duration: Int
            package var chargingRateUnit: ChargingRateUnit?

            package init(connectorId: Int, duration: Int, chargingRateUnit: ChargingRateUnit? = nil) {
                self.connectorId = connectorId
                self.duration = duration
                self.chargingRateUnit = chargingRateUnit
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: CompositeScheduleStatus
            package var connectorId: Int?
            package var scheduleStart: Timestamp?
            package var chargingSchedule: ChargingSchedule?

            package init(
                status: CompositeScheduleStatus, connectorId: Int? = nil, scheduleStart: Timestamp? = nil,
                chargingSchedule: ChargingSchedule? = nil
            ) {
                self.status = status
                self.connectorId = connectorId
                self.scheduleStart = scheduleStart
                self.chargingSchedule = chargingSchedule
            }
        }
    }

    /// OCPP 1.6 edition 2, §7.
    package enum CompositeScheduleStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
    }
}
