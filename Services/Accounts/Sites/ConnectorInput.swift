import Core

/// What fits into a connector.
enum ConnectorType: String, CaseIterable, Sendable, Equatable {
    case type1 = "Type1"
    case type2 = "Type2"
    case ccs = "CCS"
    case chademo = "CHAdeMO"
    case nacs = "Tesla NACS"

    /// As queries write it: any case, a blank or an underline between words.
    init?(loosely text: String) {
        let plain = text.lowercased().split { $0 == " " || $0 == "_" }.joined(separator: " ")
        if plain == "tesla" {
            self = .nacs
        } else if let found = Self.allCases.first(where: { $0.rawValue.lowercased() == plain }) {
            self = found
        } else {
            return nil
        }
    }
}

extension ConnectorType: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let type = Self(rawValue: text) ?? (text == "Tesla" ? .nacs : nil) else {
            throw OutsideLimits("must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = type
    }

    static var jsonSchema: JSONSchema { .words(allCases.map(\.rawValue) + ["Tesla"]) }
    static var standIn: Self { .type2 }
}

enum CurrentType: String, Codable, CaseIterable, Sendable {
    case alternating = "AC"
    case direct = "DC"
}

/// A connector as it is entered or changed with its charge point (api.md 4.4); what is absent stays as it is.
struct ConnectorInput: Codable, Sendable {
    var connector_id: Whole<1, 99>
    var type: ConnectorType?
    var current_type: CurrentType?
    /// W.
    var power: Whole<1, 1_000_000>?
    var connector_id_name: Text<0, 50>?
    var price_per_kwh: Patch<Whole<0, 100_000>>
    var is_active: Bool?
}
