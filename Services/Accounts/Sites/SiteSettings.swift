import FoundationEssentials
package import Settings

/// What concerns charge points and their hosts.
package struct SiteSettings: ReadableSettings, Sendable {
    /// Shown to hosts, without a slash at its end.
    package let stationURL: String
    package let mostHostPoints: Int
    package let chargePointPrefix: String
    package let requiresPaymentMethod: Bool

    package init(_ read: inout SettingsReader) {
        let url = read.url(
            "OCPP_PUBLIC_URL", schemes: ["wss", "ws"], otherwise: "wss://localhost:9000", "shown to hosts"
        ).absoluteString
        stationURL = url.hasSuffix("/") ? String(url.dropLast()) : url
        mostHostPoints = read.number(
            "MAX_HOST_CHARGE_POINTS", in: 0...10_000, otherwise: 20, "charge points of one host")
        requiresPaymentMethod = read.flag(
            "REQUIRE_PAYMENT_METHOD", otherwise: false, "whether a start needs a card or a balance")
        chargePointPrefix = read.text(
            "CHARGE_POINT_PREFIX", otherwise: "VB-", expected: "up to 20 characters of an identity",
            "before the number of a generated identity"
        ) { text in
            text.count <= 20
                && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "*_=:+|@.-".contains($0)) }
        }
    }
}
