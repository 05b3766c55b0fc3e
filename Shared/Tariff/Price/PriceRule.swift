package import Core

/// Which price holds for a session, in the word that the API shows and that `explain` starts from.
package enum PriceRule: Hashable, Sendable {
    /// The owner charging on their own point.
    case own
    /// A booked time slot with a price of its own.
    case slot(Int64)
    /// The connector's price, by the number of its port.
    case connector(Int64)
    /// A plan's row, the driver's or the default one, by the plan's name.
    case plan(String)
    case station(Int64)
    /// No price at all, not even a default plan: the operator has something to repair.
    case none

    package var word: String {
        switch self {
        case .own: "own"
        case .slot(let number): "slot:\(number)"
        case .connector(let number): "connector:\(number)"
        case .plan(let name): "plan:\(name)"
        case .station(let number): "station:\(number)"
        case .none: "none"
        }
    }

    /// Nil for a word that no rule writes.
    package init?(word: String) {
        switch word {
        case "own": self = .own
        case "none": self = .none
        default:
            guard let colon = word.firstIndex(of: ":") else { return nil }
            let detail = word[word.index(after: colon)...]
            switch (word[..<colon], Int64(detail)) {
            case ("slot", let number?): self = .slot(number)
            case ("connector", let number?): self = .connector(number)
            case ("station", let number?): self = .station(number)
            case ("plan", _) where !detail.isEmpty: self = .plan(String(detail))
            default: return nil
            }
        }
    }
}

extension PriceRule: CustomStringConvertible {
    package var description: String { word }
}

extension PriceRule: Codable, JSONSchemaDescribed, JSONStandIn {
    package init(from decoder: any Decoder) throws {
        guard let rule = PriceRule(word: try decoder.singleValueContainer().decode(String.self)) else {
            throw OutsideLimits("must be the word of a price rule, such as plan:default")
        }
        self = rule
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }

    package static var jsonSchema: JSONSchema {
        .string(pattern: "^(own|none|(slot|connector|plan|station):.+)$")
    }
    package static var standIn: PriceRule { .none }
}
