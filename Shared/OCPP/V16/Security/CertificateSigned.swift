package import Core

extension V16 {
    /// Hands over the certificate that a station asked for. Security whitepaper, edition 3, §5.2.
    package enum CertificateSigned: OCPPCall {
        package static let action = V16.Action.certificateSigned

        package struct Request: Codable, Equatable, Sendable {
            package var certificateChain: Bounded<10000>

            package init(certificateChain: Bounded<10000>) {
                self.certificateChain = certificateChain
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: CertificateSignedStatus

            package init(status: CertificateSignedStatus) {
                self.status = status
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum CertificateSignedStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
    }
}
