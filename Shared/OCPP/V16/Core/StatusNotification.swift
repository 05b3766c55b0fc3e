package import Core

extension V16 {
    /// The state of a connector, or with 0 of the whole station, has changed. OCPP 1.6 edition 2, §4.9.
    package enum StatusNotification: OCPPCall {
        package static let action = V16.Action.statusNotification

        package struct Request: Codable, Equatable, Sendable {
            package var connectorId: Int
            package var errorCode: Open<ChargePointErrorCode>
            package var info: Bounded<50>?
            package var status: ChargePointStatus
            package var timestamp: Timestamp?
            package var vendorId: Bounded<255>?
            package var vendorErrorCode: Bounded<50>?

            package init(
                connectorId: Int, errorCode: Open<ChargePointErrorCode>, info: Bounded<50>? = nil,
                status: ChargePointStatus, timestamp: Timestamp? = nil, vendorId: Bounded<255>? = nil,
                vendorErrorCode: Bounded<50>? = nil
            ) {
                self.connectorId = connectorId
                self.errorCode = errorCode
                self.info = info
                self.status = status
                self.timestamp = timestamp
                self.vendorId = vendorId
                self.vendorErrorCode = vendorErrorCode
            }
        }

        package typealias Response = NoFields
    }

    /// What a connector is doing. OCPP 1.6 edition 2, §7.
    package enum ChargePointStatus: String, Codable, CaseIterable, Sendable {
        case available = "Available"
        case preparing = "Preparing"
        case charging = "Charging"
        case suspendedByStation = "SuspendedEVSE"
        case suspendedByVehicle = "SuspendedEV"
        case finishing = "Finishing"
        case reserved = "Reserved"
        case unavailable = "Unavailable"
        case faulted = "Faulted"
    }

    /// What is wrong with a connector. OCPP 1.6 edition 2, §7.
    package enum ChargePointErrorCode: String, Codable, CaseIterable, Sendable {
        case connectorLockFailure = "ConnectorLockFailure"
        case vehicleCommunicationError = "EVCommunicationError"
        case groundFailure = "GroundFailure"
        case highTemperature = "HighTemperature"
        case internalError = "InternalError"
        case localListConflict = "LocalListConflict"
        case noError = "NoError"
        case otherError = "OtherError"
        case overCurrentFailure = "OverCurrentFailure"
        case overVoltage = "OverVoltage"
        case powerMeterFailure = "PowerMeterFailure"
        case powerSwitchFailure = "PowerSwitchFailure"
        case readerFailure = "ReaderFailure"
        case resetFailure = "ResetFailure"
        case underVoltage = "UnderVoltage"
        case weakSignal = "WeakSignal"
    }
}
