package import Settings

/// How meetings come about and end.
package struct BookingSettings: ReadableSettings, Sendable {
    /// How long after its creation a slot is for hosts and marked drivers only; nothing for no difference.
    let earlyBooking: Duration
    /// How long after its end a confirmed meeting counts as completed.
    let completion: Duration

    package init(_ read: inout SettingsReader) {
        completion = read.duration(
            "MEETING_AUTO_COMPLETE_HOURS", .hours, in: 0...8_760, otherwise: 24,
            "after its end a confirmed meeting is completed")
        earlyBooking = read.duration(
            "VIP_EARLY_BOOKING_HOURS", .hours, in: 0...8_760, otherwise: 0,
            "how long a new slot is kept from usual drivers")
    }
}
