package import Core

/// What a kilowatt-hour costs, VAT included, in minor units of the platform's currency.
package struct EnergyPrice: Hashable, Sendable {
    package let perKilowattHour: Int64

    package init(perKilowattHour: Int64) {
        self.perKilowattHour = perKilowattHour
    }

    package static let nothing = EnergyPrice(perKilowattHour: 0)

    /// What flowed times the price, cut to whole minor units; nothing for energy below zero.
    package func cost(of energy: Energy, in currency: Currency) -> Money {
        Money(Rounding.truncated(max(0, energy.wattHours), times: perKilowattHour, over: 1000), currency)
    }
}

/// What an hour at the connector costs, VAT included, in minor units; counted by the minute.
package struct TimePrice: Hashable, Sendable {
    package let perHour: Int64

    package init(perHour: Int64) {
        self.perHour = perHour
    }

    package static let nothing = TimePrice(perHour: 0)

    /// The minutes that count times the price, cut to whole minor units; nothing for minutes below zero.
    package func cost(ofMinutes minutes: Int64, in currency: Currency) -> Money {
        Money(Rounding.truncated(max(0, minutes), times: perHour, over: 60), currency)
    }
}

extension EnergyPrice: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        perKilowattHour = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(perKilowattHour)
    }

    package static var jsonSchema: JSONSchema { .integer() }
    package static var standIn: EnergyPrice { .nothing }
}

extension TimePrice: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        perHour = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(perHour)
    }

    package static var jsonSchema: JSONSchema { .integer() }
    package static var standIn: TimePrice { .nothing }
}
