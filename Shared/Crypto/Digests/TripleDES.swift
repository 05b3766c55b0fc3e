import COpenSSL

/// What some payment providers still make keys with. Protects nothing here: encrypts a known text under a shared key, and the
/// outcome is the key of an HMAC.
package enum TripleDES {
    /// Three keys of eight bytes.
    package static let keyBytes = 24

    /// CBC with a vector of zeros; what is missing of the last block is filled up with zeros.
    ///
    /// - Parameter key: of `keyBytes`.
    package static func encrypt(_ text: [UInt8], key: [UInt8]) throws(CryptoFailure) -> [UInt8] {
        precondition(key.count == keyBytes, "a key of three times eight bytes")
        let plain = text + [UInt8](repeating: 0, count: (8 - text.count % 8) % 8)
        let context = CipherContext()
        var written: Int32 = 0
        var output = [UInt8](repeating: 0, count: plain.count + 8)
        let vector = [UInt8](repeating: 0, count: 8)
        try demand(
            EVP_EncryptInit_ex2(context.pointer, EVP_des_ede3_cbc(), key, vector, nil), "triple DES")
        try demand(EVP_CIPHER_CTX_set_padding(context.pointer, 0), "triple DES")
        try demand(
            EVP_EncryptUpdate(context.pointer, &output, &written, plain, Int32(plain.count)), "triple DES")
        return Array(output.prefix(Int(written)))
    }
}
