/// Power in whole watts, as connectors are rated and meters report it.
package struct Power: Hashable, Sendable {
    package var watts: Int64

    package init(watts: Int64) {
        self.watts = watts
    }

    package static let zero = Power(watts: 0)

    /// What flows at this power in that time, the fraction of a watt-hour cut off; at the ends of what 64 bits hold it
    /// stops, for either may have been reported by a station.
    package func energy(over duration: Duration) -> Energy {
        // Milliseconds are finer than any clock of a station.
        Energy(wattHours: Int64(clamping: Int128(watts) * Int128(duration.wholeMilliseconds) / 3_600_000))
    }
}

extension Power: Comparable {
    package static func < (left: Power, right: Power) -> Bool { left.watts < right.watts }
}

extension Power: CustomStringConvertible {
    package var description: String { "\(watts) W" }
}

extension Power: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        watts = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(watts)
    }

    package static var jsonSchema: JSONSchema { .integer() }
    package static var standIn: Self { .zero }
}
