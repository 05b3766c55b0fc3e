import Crypto
import FoundationEssentials
import Testing

@Suite struct `A time-based code` {
    private let secret = Array("12345678901234567890".utf8)

    /// RFC 6238, appendix B.
    @Test(arguments: [
        (59.0, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ]) func `agrees with RFC 6238`(seconds: Double, code: String) {
        let step = TOTP.step(at: Date(timeIntervalSince1970: seconds))

        #expect(TOTP(secret: secret, digits: 8).code(step: step) == code)
        #expect(TOTP(secret: secret).code(step: step) == code.suffix(6))
    }

    @Test(arguments: [
        ("two steps early", -2, false), ("one step early", -1, true), ("in its step", 0, true),
        ("one step late", 1, true), ("two steps late", 2, false),
    ]) func `is accepted one step either side`(when: String, off: Int64, isAccepted: Bool) {
        let totp = TOTP(secret: secret)
        let now = Date(timeIntervalSince1970: 1_795_170_600)
        let step = TOTP.step(at: now) + off

        let accepted = totp.acceptedStep(of: totp.code(step: step), at: now, after: nil)

        #expect(accepted == (isAccepted ? step : nil), "\(when)")
    }

    @Test func `is accepted once, and none before it afterwards`() throws {
        let totp = TOTP(secret: secret)
        let now = Date(timeIntervalSince1970: 1_795_170_600)
        let step = TOTP.step(at: now)
        let code = totp.code(step: step)
        let last = try #require(totp.acceptedStep(of: code, at: now, after: nil))

        #expect(totp.acceptedStep(of: code, at: now, after: last) == nil)
        #expect(totp.acceptedStep(of: totp.code(step: step - 1), at: now, after: last) == nil)
        #expect(totp.acceptedStep(of: totp.code(step: step + 1), at: now, after: last) == step + 1)
    }

    @Test(arguments: ["", "12345", "1234567", "abcdef", "１２３４５６"])
    func `is refused when it is none`(code: String) {
        #expect(
            TOTP(secret: secret).acceptedStep(of: code, at: Date(timeIntervalSince1970: 59), after: nil)
                == nil)
    }

    @Test func `travels to an app in one address`() {
        let uri = TOTP.uri(secret: secret, account: "anna@example.com", issuer: "VoltBus Nord")

        #expect(
            uri == "otpauth://totp/VoltBus%20Nord:anna%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=VoltBus%20Nord&algorithm=SHA1&digits=6&period=30")
        #expect(TOTP.makeSecret().count == 20)
    }
}
