/// A group of settings that reads itself: a service's own struct, and inside it the groups that all services share.
///
///     package struct BillingSettings: ReadableSettings {
///         package let http: HTTPSettings
///         package let paymentDays: Int
///
///         package init(_ read: inout SettingsReader) {
///             http = HTTPSettings(&read)
///             paymentDays = read.number("PAYMENT_DAYS", in: 0...90, otherwise: 14, "until an invoice is due")
///         }
///     }
package protocol ReadableSettings {
    init(_ read: inout SettingsReader)
}

extension ReadableSettings {
    package init(environment: [String: String]) throws(BadSettings) {
        var read = SettingsReader(environment)
        self.init(&read)
        try read.finish()
    }

    /// Every setting that the struct reads, in its order.
    package static var catalogue: [Setting] {
        var read = SettingsReader([:])
        _ = Self(&read)
        return read.settings
    }

    /// What an operator may have meant, for a warning at the start: nothing here stops it.
    package static func hints(in environment: [String: String]) -> [SettingsHint] {
        var read = SettingsReader(environment)
        _ = Self(&read)
        return read.hints
    }
}
