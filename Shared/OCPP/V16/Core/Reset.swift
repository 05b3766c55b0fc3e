extension V16 {
    /// Makes a station start again: after ending its sessions (`soft`) or at once (`hard`). OCPP 1.6 edition 2, §5.14.
    package enum Reset: OCPPCall {
        package static let action = V16.Action.reset

        package struct Request: Codable, Equatable, Sendable {
            package var type: ResetType

            package init(type: ResetType) {
                self.type = type
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: AcceptedOrRejected

            package init(status: AcceptedOrRejected) {
                self.status = status
            }
        }
    }

    /// How much of the station starts again. OCPP 1.6 edition 2, §7.
    package enum ResetType: String, Codable, CaseIterable, Sendable {
        case hard = "Hard"
        case soft = "Soft"
    }
}
