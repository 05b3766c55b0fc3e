package import Core

extension V16 {
    /// Tells a station where signed firmware is. Security whitepaper, edition 3, §5.14.
    package enum SignedUpdateFirmware: OCPPCall {
        package static let action = V16.Action.signedUpdateFirmware

        package struct Request: Codable, Equatable, Sendable {
            package var retries: Int?
            package var retryInterval: Int?
            package var requestId: Int
            package var firmware: SignedFirmware

            package init(
                retries: Int? = nil, retryInterval: Int? = nil, requestId: Int, firmware: SignedFirmware
            ) {
                self.retries = retries
                self.retryInterval = retryInterval
                self.requestId = requestId
                self.firmware = firmware
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: UpdateFirmwareStatus

            package init(status: UpdateFirmwareStatus) {
                self.status = status
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum UpdateFirmwareStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case acceptedCanceled = "AcceptedCanceled"
        case invalidCertificate = "InvalidCertificate"
        case revokedCertificate = "RevokedCertificate"
    }

    /// Firmware with the proof that its maker made it. Security whitepaper, edition 3, §6.
    package struct SignedFirmware: Codable, Equatable, Sendable {
        package var location: Bounded<512>
        package var retrieveDateTime: Timestamp
        package var installDateTime: Timestamp?
        package var signingCertificate: Bounded<5500>
        package var signature: Bounded<800>

        package init(
            location: Bounded<512>, retrieveDateTime: Timestamp, installDateTime: Timestamp? = nil,
            signingCertificate: Bounded<5500>, signature: Bounded<800>
        ) {
            self.location = location
            self.retrieveDateTime = retrieveDateTime
            self.installDateTime = installDateTime
            self.signingCertificate = signingCertificate
            self.signature = signature
        }
    }
}
