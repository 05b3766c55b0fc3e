/// The shape of a type's JSON, as JSON Schema 2020-12 writes it. It is found out from the type itself, so that the
/// API's document and its behaviour cannot part.
package indirect enum JSONSchema: Equatable, Sendable {
    case string(format: String? = nil, minLength: Int? = nil, maxLength: Int? = nil, pattern: String? = nil)
    case words([String])
    case integer(minimum: Int64? = nil, maximum: Int64? = nil)
    case number
    case bool
    case array(JSONSchema)
    /// An object whose members all look alike.
    case map(JSONSchema)
    case object(name: String, [Member])
    /// A type that is being described further out.
    case reference(String)
    case nullable(JSONSchema)
    /// Anything at all.
    case any

    package struct Member: Equatable, Sendable {
        package let name: String
        package var schema: JSONSchema
        package var isRequired: Bool
    }

    /// The schema of `type`.
    package static func of<Value: Decodable>(_ type: Value.Type) -> JSONSchema {
        JSONProbe.schema(of: type)
    }

    /// The schema as JSON, with each named object moved into `components` and referred to.
    package func json(components: inout [String: JSONValue]) -> JSONValue {
        switch self {
        case .string(let format, let minimum, let maximum, let pattern):
            var members: [String: JSONValue] = ["type": "string"]
            members["format"] = format.map(JSONValue.string)
            members["minLength"] = minimum.map { .integer(Int64($0)) }
            members["maxLength"] = maximum.map { .integer(Int64($0)) }
            members["pattern"] = pattern.map(JSONValue.string)
            return .object(members)
        case .words(let words): return ["type": "string", "enum": .array(words.map(JSONValue.string))]
        case .integer(let minimum, let maximum):
            var members: [String: JSONValue] = ["type": "integer"]
            members["minimum"] = minimum.map(JSONValue.integer)
            members["maximum"] = maximum.map(JSONValue.integer)
            return .object(members)
        case .number: return ["type": "number"]
        case .bool: return ["type": "boolean"]
        case .array(let element): return ["type": "array", "items": element.json(components: &components)]
        case .map(let value):
            return ["type": "object", "additionalProperties": value.json(components: &components)]
        case .reference(let name): return Self.pointer(to: name)
        case .nullable(let schema):
            return ["anyOf": [schema.json(components: &components), ["type": "null"]]]
        case .any: return [:]
        case .object(let name, let members):
            if components[name] == nil {
                // Claimed before its members are described, for a type that holds itself.
                components[name] = [:]
                components[name] = Self.describe(members, components: &components)
            }
            return Self.pointer(to: name)
        }
    }

    private static func pointer(to name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name)")]
    }

    private static func describe(_ members: [Member], components: inout [String: JSONValue]) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for member in members { properties[member.name] = member.schema.json(components: &components) }
        var description: [String: JSONValue] = ["type": "object", "properties": .object(properties)]
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { description["required"] = .array(required) }
        return .object(description)
    }
}

/// A type whose schema says more than its `Codable` shows: limits, formats, patterns.
package protocol JSONSchemaDescribed {
    static var jsonSchema: JSONSchema { get }
}
