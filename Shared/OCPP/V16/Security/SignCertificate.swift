package import Core

extension V16 {
    /// A station asks for a certificate for its new key. Security whitepaper, edition 3, §5.11.
    package enum SignCertificate: OCPPCall {
        package static let action = V16.Action.signCertificate

        package struct Request: Codable, Equatable, Sendable {
            /// PEM.
            package var csr: Bounded<5500>

            package init(csr: Bounded<5500>) {
                self.csr = csr
            }
        }

        package struct Response: Codable, Equatable, Sendable {
            package var status: GenericStatus

            package init(status: GenericStatus) {
                self.status = status
            }
        }
    }

    /// Security whitepaper, edition 3, §6.
    package enum GenericStatus: String, Codable, CaseIterable, Sendable {
        case accepted = "Accepted"
        case rejected = "Rejected"
    }
}
