package import Core

package import struct FoundationEssentials.Date

extension V16 {
    /// A station has started and asks whether it may serve. OCPP 1.6 edition 2, §4.2.
    package enum BootNotification: OCPPCall {
        package static let action = V16.Action.bootNotification

        package struct Request: Codable, Equatable, Sendable {
            package var chargePointVendor: Bounded<20>
            package var chargePointModel: Bounded<20>
            package var chargePointSerialNumber: Bounded<25>?
            /// Deprecated by the text, sent by most stations all the same.
            package var chargeBoxSerialNumber: Bounded<25>?
            package var firmwareVersion: Bounded<50>?
            package var iccid: Bounded<20>?
            package var imsi: Bounded<20>?
            package var meterType: Bounded<25>?
            package var meterSerialNumber: Bounded<25>?

            package init(
                chargePointVendor: Bounded<20>, chargePointModel: Bounded<20>,
                chargePointSerialNumber: Bounded<25>? = nil, chargeBoxSerialNumber: Bounded<25>? = nil,
                firmwareVersion: Bounded<50>? = nil, iccid: Bounded<20>? = nil, imsi: Bounded<20>? = nil,
                meterType: Bounded<25>? = nil, meterSerialNumber: Bounded<25>? = nil
            ) {
                self.chargePointVendor = chargePointVendor
                self.chargePointModel = chargePointModel
                self.chargePointSerialNumber = chargePointSerialNumber
                self.chargeBoxSerialNumber = chargeBoxSerialNumber
                self.firmwareVersion = firmwareVersion
                self.iccid = iccid
                self.imsi = imsi
                self.meterType = meterType
                self.meterSerialNumber = meterSerialNumber
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: RegistrationStatus
            package var currentTime: Date
            /// Seconds between heartbeats when accepted; seconds to wait before asking again when not.
            package var interval: Int

            package init(status: RegistrationStatus, currentTime: Date, interval: Int) {
                self.status = status
                self.currentTime = currentTime
                self.interval = interval
            }
        }
    }

    /// Whether a station may serve. OCPP 1.6 edition 2, §7.
    package enum RegistrationStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case pending = "Pending"
        case rejected = "Rejected"
    }
}
