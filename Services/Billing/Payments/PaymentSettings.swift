import Core
import Settings

/// How cards are charged.
struct PaymentSettings: Sendable {
    let provider: Provider
    let sandboxSecret: Secret?
    let runEvery: Int
    /// Pauses before each further attempt; behind the last one a payment is given up.
    let retryHours: [Int]
    /// ISO 4217's number of the platform's currency, as some providers write it.
    let currencyNumber: String

    enum Provider: String, CaseIterable, Sendable {
        case sandbox
    }

    init(_ read: inout SettingsReader) {
        provider = read.choice("PAYMENT_PROVIDER", otherwise: .sandbox, "who charges cards")
        sandboxSecret = read.optionalSecret(
            "PAYMENT_SANDBOX_SECRET", "signs the sandbox's notifications; made from SECRET_KEY where not set")
        runEvery = read.number(
            "PAYMENT_RUN_SECONDS", in: 5...86_400, otherwise: 300, "how often what is unpaid is charged")
        retryHours = read.numbers(
            "PAYMENT_RETRY_HOURS", in: 1...8_760, otherwise: [1, 24, 168, 720],
            "pauses between attempts, in hours")
        currencyNumber = read.text(
            "CURRENCY_NUMERIC", otherwise: "978", expected: "three digits", "ISO 4217's number of CURRENCY"
        ) { $0.utf8.count == 3 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
