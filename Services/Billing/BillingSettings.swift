import Contracts
package import Hosting
import Mail
package import Settings
import Tariff

/// What the service reads from its environment.
package struct BillingSettings: ReadableSettings, Sendable {
    package let host: HostSettings
    let secretKey: Secret
    let defaultPricePerKWh: Int64
    let defaultPricePerHour: Int64
    let vatRate: Percent
    let seller: Seller
    /// Where payouts come from, and where invoices say to pay; nil where it is not set.
    let sellerIBAN: IBAN?
    let invoicePrefix: String
    let stopsAtEmptyBalance: Bool
    let commission: Percent
    let pointsPerKWh: Int64
    let exchangeDays: Int
    let billsParking: Bool
    let payments: PaymentSettings
    let mail: MailSettings

    /// Who issues invoices, where `company` in the settings of the platform does not say it.
    struct Seller: Sendable {
        let name: String
        let address: String
        let taxID: String
    }

    package init(_ read: inout SettingsReader) {
        host = HostSettings(&read, for: .billing)
        secretKey = read.secret(
            "SECRET_KEY", atLeast: 32, "keys payment notifications; the same in every service")
        defaultPricePerKWh = read.number(
            "DEFAULT_PRICE_PER_KWH", in: 0...100_000, otherwise: 0, "of the first default plan, minor units")
        defaultPricePerHour = read.number(
            "DEFAULT_PRICE_PER_HOUR", in: 0...1_000_000, otherwise: 0,
            "of the first default plan, minor units")
        vatRate = Self.percent(&read, "VAT_RATE_PERCENT", otherwise: "8", "included in every price")
        seller = Seller(
            name: read.text("SELLER_NAME", otherwise: "VoltBus", "on invoices"),
            address: read.optionalText("SELLER_ADDRESS", "on invoices") ?? "",
            taxID: read.optionalText("SELLER_TAX_ID", "on invoices") ?? "")
        sellerIBAN = Self.account(&read)
        invoicePrefix = read.text(
            "INVOICE_PREFIX", otherwise: "VB", expected: "up to 10 letters or digits",
            "before the year of an invoice's number"
        ) { text in text.count <= 10 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }
        stopsAtEmptyBalance = read.flag(
            "BALANCE_AUTO_STOP", otherwise: true, "whether a session ends when its balance is used up")
        commission = Self.percent(
            &read, "HOST_COMMISSION_PERCENT", otherwise: "0", "of a session on a host's point")
        pointsPerKWh = read.number("POINTS_PER_KWH", in: 0...100_000, otherwise: 100, "points for a kWh")
        exchangeDays = read.number(
            "DISCOUNT_EXCHANGE_DAYS", in: 1...3_650, otherwise: 30, "how long a code for points holds")
        let parking: ParkingBilling = read.choice(
            "PARKING_BILLING", otherwise: .balance, "whether parking is taken from the balance")
        billsParking = parking == .balance
        payments = PaymentSettings(&read)
        mail = MailSettings(&read)
    }

    private enum ParkingBilling: String, CaseIterable {
        case balance
        case notAtAll = "none"
    }

    private static func account(_ read: inout SettingsReader) -> IBAN? {
        let expected = "an IBAN"
        let meaning = "the account that payouts leave and invoices name"
        return read.value("SELLER_IBAN", otherwise: "", expected: expected, meaning) { text -> IBAN?? in
            text.isEmpty ? .some(nil) : IBAN(text).map { .some($0) }
        }
    }

    private static func percent(
        _ read: inout SettingsReader, _ name: String, otherwise standard: String, _ meaning: String
    ) -> Percent {
        read.value(name, otherwise: standard, expected: "a percentage from 0 to 100", meaning) { text in
            Percent(text).flatMap { $0 <= .hundred ? $0 : nil }
        }
    }
}
