package import Core

extension V16 {
    /// Asks for a log file. Security whitepaper, edition 3, §5.6.
    package enum GetLog: OCPPCall {
        package static let action = V16.Action.getLog

        package struct Request: Codable, Equatable, Sendable {
            package var log: LogParameters
            package var logType: LogKind
            package var requestId: Int
            package var retries: Int?
            package var retryInterval: Int?

            package init(
                log: LogParameters, logType: LogKind, requestId: Int, retries: Int? = nil,
                retryInterval: Int? = nil
            ) {
                self.log = log
                self.logType = logType
                self.requestId = requestId
                self.retries = retries
                self.retryInterval = retryInterval
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: LogStatus
            package var filename: Bounded<255>?

            package init(status: LogStatus, filename: Bounded<255>? = nil) {
                self.status = status
                self.filename = filename
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum LogKind: String, Codable, CaseIterable, Sendable {
        case diagnosticsLog = "DiagnosticsLog"
        case securityLog = "SecurityLog"
    }

    /// Security whitepaper, edition 3, §6.
    package enum LogStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
        case acceptedCanceled = "AcceptedCanceled"
    }

    /// Where a log goes to, and what of it. Security whitepaper, edition 3, §6.
    package struct LogParameters: Codable, Equatable, Sendable {
        package var remoteLocation: Bounded<512>
        package var oldestTimestamp: Timestamp?
        package var latestTimestamp: Timestamp?

        package init(
            remoteLocation: Bounded<512>, oldestTimestamp: Timestamp? = nil, latestTimestamp: Timestamp? = nil
        ) {
            self.remoteLocation = remoteLocation
            self.oldestTimestamp = oldestTimestamp
            self.latestTimestamp = latestTimestamp
        }
    }
}
