/// What is stored of codes that people type: too short for a plain digest, which whoever stole the table would try through
/// in minutes. The key is not in the database.
package struct CodeDigests: Sendable {
    private let key: SymmetricKey

    package init(_ ring: KeyRing) throws(CryptoFailure) {
        self.init(key: try ring.key(for: .codes))
    }

    init(key: SymmetricKey) {
        self.key = key
    }

    /// - Parameter place: what the code is good for, such as `reset/12`: it proves nothing elsewhere.
    package func digest(_ code: String, for place: String) -> [UInt8] {
        // Of the place the length too, so that place and code cannot be cut apart in two ways.
        HMAC.sha256(Array("\(place.utf8.count)/\(place)/\(code)".utf8), key: key.bytes)
    }
}
