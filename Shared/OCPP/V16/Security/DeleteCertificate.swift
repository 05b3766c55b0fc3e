package import Core

extension V16 {
    /// Takes a certificate out of a station. Security whitepaper, edition 3, §5.3.
    package enum DeleteCertificate: OCPPCall {
        package static let action = V16.Action.deleteCertificate

        package struct Request: Codable, Equatable, Sendable {
            package var certificateHashData: CertificateHashData

            package init(certificateHashData: CertificateHashData) {
                self.certificateHashData = certificateHashData
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: DeleteCertificateStatus

            package init(status: DeleteCertificateStatus) {
                self.status = status
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum DeleteCertificateStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case failed = "Failed"
        case notFound = "NotFound"
    }

    /// Names a certificate. Security whitepaper, edition 3, §6.
    package struct CertificateHashData: Codable, Equatable, Sendable {
        package var hashAlgorithm: HashAlgorithm
        package var issuerNameHash: Bounded<128>
        package var issuerKeyHash: Bounded<128>
        package var serialNumber: Bounded<40>

        package init(
            hashAlgorithm: HashAlgorithm, issuerNameHash: Bounded<128>, issuerKeyHash: Bounded<128>,
            serialNumber: Bounded<40>
        ) {
            self.hashAlgorithm = hashAlgorithm
            self.issuerNameHash = issuerNameHash
            self.issuerKeyHash = issuerKeyHash
            self.serialNumber = serialNumber
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum HashAlgorithm: String, Codable, CaseIterable, Sendable {
        case sha256 = "SHA256"
        case sha384 = "SHA384"
        case sha512 = "SHA512"
    }
}
