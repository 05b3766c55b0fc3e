import Core

package import struct FoundationEssentials.Date

extension V16 {
    /// A sign of life, and a question for the time. OCPP 1.6 edition 2, §4.6.
    package enum Heartbeat: OCPPCall {
        package static let action = V16.Action.heartbeat

        package typealias Request = NoFields

        package struct Response: Codable, Equatable, Sendable {
            package var currentTime: Date

            package init(currentTime: Date) {
                self.currentTime = currentTime
            }
        }

        /// Half of all frames are this one.
        package static func write(_ response: Response, into bytes: inout [UInt8]) {
            bytes.append(contentsOf: #"{"currentTime":""#.utf8)
            Timestamp.append(response.currentTime, to: &bytes)
            bytes.append(contentsOf: #""}"#.utf8)
        }
    }
}
