import COpenSSL
package import FoundationEssentials

/// Signs certificates of stations, so that they may prove who they are by TLS (OCPP 1.6 security whitepaper, profile 3).
/// libcrypto's objects are immutable after they are made, so threads may share them.
package final class CertificateAuthority: @unchecked Sendable {
    private let certificate: OpaquePointer
    private let key: OpaquePointer
    private let pem: String

    /// How long a certificate holds.
    private static let days = 365
    /// A station's clock may lag.
    private static let begunBefore = 3_600.0

    /// Why a request is not signed; each is the station's fault.
    package enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        case unreadable
        case notSignedByItsKey
        case otherName(String)
        case weakKey

        package var description: String {
            switch self {
            case .unreadable: "the request is no PKCS #10 in PEM"
            case .notSignedByItsKey: "the request is not signed by its own key"
            case .otherName(let name): "the request is for \(name)"
            case .weakKey: "the key is too weak: RSA of 2048 bits or a curve of 256 are the least"
            }
        }
    }

    /// What was signed.
    package struct Issued: Equatable, Sendable {
        /// PEM: the station's own, then the authority's.
        package let chain: String
        /// Hexadecimal.
        package let serialNumber: String
        package let expires: Date
    }

    /// - Parameters:
    ///   - certificate: PEM; must be allowed to sign certificates.
    ///   - key: PKCS #8 in PEM, without pass phrase.
    package init(certificate pem: String, key keyPEM: String) throws(CryptoFailure) {
        let file = MemoryBIO(Array(pem.utf8))
        guard let certificate = PEM_read_bio_X509(file.bio, nil, voltbus_no_pass_phrase, nil) else {
            throw .taken(from: "reading the authority's certificate")
        }
        let keyFile = MemoryBIO(Array(keyPEM.utf8))
        guard let key = PEM_read_bio_PrivateKey(keyFile.bio, nil, voltbus_no_pass_phrase, nil) else {
            X509_free(certificate)
            throw .taken(from: "reading the authority's key")
        }
        self.certificate = certificate
        self.key = key
        self.pem = pem
        guard X509_check_private_key(certificate, key) == 1 else {
            throw .taken(from: "comparing the authority's certificate and key")
        }
        guard X509_check_ca(certificate) == 1 else {
            throw CryptoFailure("reading the authority's certificate", reason: "it may not sign certificates")
        }
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// - Parameter name: the common name that the request must have.
    ///
    /// Throws: `Refusal`; `CryptoFailure` for what is not the station's fault.
    package func sign(request text: String, for name: String, at now: Date) throws -> Issued {
        let file = MemoryBIO(Array(text.utf8))
        guard let request = PEM_read_bio_X509_REQ(file.bio, nil, voltbus_no_pass_phrase, nil) else {
            ERR_clear_error()
            throw Refusal.unreadable
        }
        defer { X509_REQ_free(request) }
        guard let subject = X509_REQ_get_subject_name(request), let publicKey = X509_REQ_get0_pubkey(request)
        else { throw Refusal.unreadable }
        guard X509_REQ_verify(request, publicKey) == 1 else {
            ERR_clear_error()
            throw Refusal.notSignedByItsKey
        }
        let asked = Self.commonName(of: subject)
        guard asked == name else { throw Refusal.otherName(asked ?? "nobody") }
        guard Self.isStrong(publicKey) else { throw Refusal.weakKey }
        return try issue(to: subject, publicKey, at: now)
    }

    private static func commonName(of subject: OpaquePointer) -> String? {
        let place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        // One name, or it would be anybody's guess which is meant.
        guard place >= 0, X509_NAME_get_index_by_NID(subject, NID_commonName, place) < 0,
            let entry = X509_NAME_get_entry(subject, place)
        else { return nil }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry))
        guard count >= 0, let bytes else { return nil }
        defer { CRYPTO_free(bytes, #file, #line) }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    private static func isStrong(_ key: OpaquePointer) -> Bool {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: EVP_PKEY_get_bits(key) >= 2_048
        case EVP_PKEY_EC: EVP_PKEY_get_bits(key) >= 256
        case EVP_PKEY_ED25519, EVP_PKEY_ED448: true
        default: false
        }
    }

    private func issue(
        to subject: OpaquePointer, _ publicKey: OpaquePointer, at now: Date
    ) throws(CryptoFailure) -> Issued {
        guard let new = X509_new() else { throw .taken(from: "making a certificate") }
        defer { X509_free(new) }
        let expires = now + Double(Self.days) * 86_400
        // Version 3.
        try demand(X509_set_version(new, 2), "making a certificate")
        let serial = try numbered(new)
        try demand(X509_set_subject_name(new, subject), "making a certificate")
        try demand(X509_set_issuer_name(new, X509_get_subject_name(certificate)), "making a certificate")
        try demand(X509_set_pubkey(new, publicKey), "making a certificate")
        ASN1_TIME_set(X509_getm_notBefore(new), Int(now.timeIntervalSince1970 - Self.begunBefore))
        ASN1_TIME_set(X509_getm_notAfter(new), Int(expires.timeIntervalSince1970))
        for (kind, value) in [
            (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "clientAuth"),
        ] {
            guard let part = X509V3_EXT_conf_nid(nil, nil, kind, value) else {
                throw .taken(from: "making a certificate")
            }
            defer { X509_EXTENSION_free(part) }
            try demand(X509_add_ext(new, part, -1), "making a certificate")
        }
        let isEdwards = [EVP_PKEY_ED25519, EVP_PKEY_ED448].contains(EVP_PKEY_get_base_id(key))
        guard X509_sign(new, key, isEdwards ? nil : EVP_sha256()) > 0 else {
            throw .taken(from: "signing a certificate")
        }
        let text = MemoryBIO()
        try demand(PEM_write_bio_X509(text.bio, new), "writing a certificate")
        return Issued(chain: text.text + pem, serialNumber: serial, expires: expires)
    }

    /// 127 random bits: nobody guesses it, and none comes twice (RFC 5280 §4.1.2.2).
    private func numbered(_ new: OpaquePointer) throws(CryptoFailure) -> String {
        guard let number = BN_new() else { throw .taken(from: "numbering a certificate") }
        defer { BN_free(number) }
        try demand(BN_rand(number, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY), "numbering a certificate")
        guard BN_to_ASN1_INTEGER(number, X509_get_serialNumber(new)) != nil, let digits = BN_bn2hex(number)
        else { throw .taken(from: "numbering a certificate") }
        defer { CRYPTO_free(digits, #file, #line) }
        return String(cString: digits)
    }
}
