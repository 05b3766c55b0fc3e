package import FoundationEssentials

/// One-time codes from a shared secret and the time (RFC 6238 over RFC 4226).
package struct TOTP: Sendable {
    private let secret: [UInt8]
    private let digits: Int

    /// Seconds of one step.
    package static let period = 30
    /// RFC 4226 recommends 160 bits, the size of the hash.
    package static let secretBytes = 20

    /// Other digits than 6 are for the RFC's own vectors.
    package init(secret: [UInt8], digits: Int = 6) {
        precondition((6...8).contains(digits))
        self.secret = secret
        self.digits = digits
    }

    package static func makeSecret() -> [UInt8] { SecureRandom.bytes(secretBytes) }

    package static func step(at time: Date) -> Int64 {
        Int64((time.timeIntervalSince1970 / Double(period)).rounded(.down))
    }

    package func code(step: Int64) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let mac = HMAC.sha1(counter, key: secret)
        // RFC 4226 §5.3: the last four bits say where to read 31 bits.
        let place = Int(mac[19] & 0xF)
        let bits = mac[place..<(place + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 }
        let number = String(bits % modulus)
        return String(repeating: "0", count: digits - number.utf8.count) + number
    }

    /// The step whose code was given: this one or a neighbour, and later than the last that was accepted. Nil for a
    /// wrong code. The caller stores the step with the acceptance, in one conditional statement, so that a code
    /// that two requests bring at once serves one of them.
    package func acceptedStep(of code: String, at time: Date, after last: Int64?) -> Int64? {
        let now = Self.step(at: time)
        var accepted: Int64?
        // All three are computed, whichever fits, so that time tells nothing.
        for step in (now - 1)...(now + 1) {
            let isRight = equalInConstantTime(code, self.code(step: step))
            if isRight, accepted == nil, last.map({ step > $0 }) ?? true { accepted = step }
        }
        return accepted
    }

    /// What an authenticator app reads from a QR code.
    package static func uri(secret: [UInt8], account: String, issuer: String) -> String {
        let issuer = escaped(issuer)
        return "otpauth://totp/\(issuer):\(escaped(account))?secret=\(Base32.text(secret))&issuer=\(issuer)"
            + "&algorithm=SHA1&digits=6&period=\(period)"
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                String(decoding: [byte], as: UTF8.self)
            default: "%" + Hex.text([byte], upperCase: true)
            }
        }.joined()
    }
}
