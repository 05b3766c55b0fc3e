import Core
import FoundationEssentials
import Settings

/// How cards are charged.
struct PaymentSettings: Sendable {
    let provider: Provider
    let sandboxSecret: Secret?
    let redsys: RedsysSettings
    let runEvery: Int
    /// Pauses before each further attempt; behind the last one a payment is given up.
    let retryHours: [Int]
    /// Held on the card of a session that its station began, minor units; 0 holds nothing.
    let preauthorization: Int64
    /// ISO 4217's number of the platform's currency, as some providers write it.
    let currencyNumber: String

    enum Provider: String, CaseIterable, Sendable {
        case sandbox, redsys
    }

    init(_ read: inout SettingsReader) {
        provider = read.choice("PAYMENT_PROVIDER", otherwise: .sandbox, "who charges cards")
        sandboxSecret = read.optionalSecret(
            "PAYMENT_SANDBOX_SECRET", "signs the sandbox's notifications; made from SECRET_KEY where not set")
        redsys = RedsysSettings(&read, isNeeded: provider == .redsys)
        runEvery = read.number(
            "PAYMENT_RUN_SECONDS", in: 5...86_400, otherwise: 300, "how often what is unpaid is charged")
        retryHours = read.numbers(
            "PAYMENT_RETRY_HOURS", in: 1...8_760, otherwise: [1, 24, 168, 720],
            "pauses between attempts, in hours")
        preauthorization = read.number(
            "PREAUTH_AMOUNT", in: 0...10_000_000, otherwise: 0,
            "hold at a start by card without an estimate, minor units; 0 = none")
        currencyNumber = read.text(
            "CURRENCY_NUMERIC", otherwise: "978", expected: "three digits", "ISO 4217's number of CURRENCY"
        ) { $0.utf8.count == 3 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}

/// How Redsys is reached, and as whom; what is empty is only so where another provider charges.
struct RedsysSettings: Sendable {
    let merchantCode: String
    let terminal: String
    let secretKey: Secret?
    /// Without a slash at the end.
    let url: String

    init(_ read: inout SettingsReader, isNeeded: Bool) {
        merchantCode = read.text(
            "REDSYS_MERCHANT_CODE", otherwise: isNeeded ? nil : "", expected: "up to nine digits",
            "the shop's number (FUC) at Redsys"
        ) { (1...9).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        terminal = read.text(
            "REDSYS_TERMINAL", otherwise: "1", expected: "up to three digits", "its terminal there"
        ) { (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        let meaning = "signs what is sent to Redsys and what comes back, in base 64"
        secretKey =
            isNeeded
            ? read.secret("REDSYS_SECRET_KEY", atLeast: 32, meaning)
            : read.optionalSecret("REDSYS_SECRET_KEY", atLeast: 32, meaning)
        let url = read.url(
            "REDSYS_URL", otherwise: "https://sis.redsys.es", "https://sis-t.redsys.es:25443 is for tests")
        self.url =
            url.absoluteString.hasSuffix("/") ? String(url.absoluteString.dropLast()) : url.absoluteString
    }
}
