extension V16 {
    /// Asks which root certificates a station trusts. Security whitepaper, edition 3, §5.5.
    package enum GetInstalledCertificateIds: OCPPCall {
        package static let action = V16.Action.getInstalledCertificateIds

        package struct Request: Codable, Equatable, Sendable {
            package var certificateType: CertificateUse

            package init(certificateType: CertificateUse) {
                self.certificateType = certificateType
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: GetInstalledCertificateStatus
            package var certificateHashData: [CertificateHashData]?

            package init(
                status: GetInstalledCertificateStatus, certificateHashData: [CertificateHashData]? = nil
            ) {
                self.status = status
                self.certificateHashData = certificateHashData
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum GetInstalledCertificateStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case notFound = "NotFound"
    }
}
