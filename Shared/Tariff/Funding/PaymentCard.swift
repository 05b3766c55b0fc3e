import Core
package import FoundationEssentials

/// A saved card, as far as it matters for the question whether it will pay.
package struct PaymentCard: Hashable, Sendable {
    package typealias Identifier = String

    package var identifier: Identifier
    package var expiry: Expiry?
    package var failures: Int
    package var isDefault: Bool

    /// `expiry` nil: the provider knows no date, the card does not expire.
    package init(identifier: Identifier, expiry: Expiry?, failures: Int = 0, isDefault: Bool = false) {
        self.identifier = identifier
        self.expiry = expiry
        self.failures = failures
        self.isDefault = isDefault
    }

    /// Why the card cannot be used; nil when it can.
    package func obstacle(at moment: Date) -> FundingRefusal? {
        if failures > 0 { return .methodFailedBefore }
        if let expiry, expiry.end <= moment.addingTimeInterval(30 * 86_400) { return .methodExpires }
        return nil
    }

    /// The month that is printed on a card; it holds to the month's end.
    package struct Expiry: Hashable, Sendable {
        package let year: Int
        package let month: Int

        package init?(year: Int, month: Int) {
            guard (2000..<2100).contains(year), (1...12).contains(month) else { return nil }
            self.year = year
            self.month = month
        }

        /// Reads `MM/YY`; nil for anything else.
        package init?(_ text: some StringProtocol) {
            let bytes = Array(text.utf8)
            guard bytes.count == 5, bytes[2] == UInt8(ascii: "/") else { return nil }
            let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 0x30 }
            guard digits.allSatisfy((0...9).contains) else { return nil }
            self.init(year: 2000 + digits[2] * 10 + digits[3], month: digits[0] * 10 + digits[1])
        }

        /// The first moment at which the card is no longer good, in UTC.
        package var end: Date {
            guard let first = CalendarDay(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1)
            else {
                preconditionFailure("every month has a first day")
            }
            return first.start
        }
    }
}
