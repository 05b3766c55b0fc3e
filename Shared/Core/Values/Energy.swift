/// Energy in whole watt-hours, as meters count it and bills charge it.
package struct Energy: Hashable, Sendable {
    package var wattHours: Int64

    @inlinable package init(wattHours: Int64) {
        self.wattHours = wattHours
    }

    package static let zero = Energy(wattHours: 0)
}

extension Energy: Comparable {
    package static func < (left: Energy, right: Energy) -> Bool { left.wattHours < right.wattHours }
}

extension Energy: CustomStringConvertible {
    package var description: String { "\(wattHours) Wh" }
}

extension Energy: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        wattHours = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wattHours)
    }

    package static var jsonSchema: JSONSchema { .integer() }
    package static var standIn: Self { .zero }
}
