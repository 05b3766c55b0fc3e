package import Core

extension V16 {
    /// Gives a station a root certificate to trust. Security whitepaper, edition 3, §5.8.
    package enum InstallCertificate: OCPPCall {
        package static let action = V16.Action.installCertificate

        package struct Request: Codable, Equatable, Sendable {
            package var certificateType: CertificateUse
            package var certificate: Bounded<5500>

            package init(certificateType: CertificateUse, certificate: Bounded<5500>) {
                self.certificateType = certificateType
                self.certificate = certificate
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: InstallCertificateStatus

            package init(status: InstallCertificateStatus) {
                self.status = status
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum CertificateUse: String, Codable, CaseIterable, Sendable {
        case centralSystemRootCertificate = "CentralSystemRootCertificate"
        case manufacturerRootCertificate = "ManufacturerRootCertificate"
    }

    /// Security whitepaper, edition 3, §6.
    package enum InstallCertificateStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case failed = "Failed"
        case rejected = "Rejected"
    }
}
