/// Any JSON value, for the few places whose content is the caller's own: public configuration, free details.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package init(_ document: JSONDocument, at index: Int = 0) {
        switch document.tokens[index].kind {
        case .null: self = .null
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .string: self = .string(document.string(at: index))
        case .number:
            // Whole is whole however it is written, so that equal numbers are equal values.
            if let whole = document.integer(at: index) {
                self = .integer(whole)
            } else {
                // What no Double holds becomes the nearest thing that JSON can say of it.
                self = document.double(at: index).map(JSONValue.number) ?? .null
            }
        case .array: self = .array(document.elements(of: index).map { JSONValue(document, at: $0) })
        case .object:
            var members: [String: JSONValue] = [:]
            var name = index + 1
            while name < Int(document.tokens[index].next) {
                members[document.string(at: name)] = JSONValue(document, at: name + 1)
                name = Int(document.tokens[name + 1].next)
            }
            self = .object(members)
        }
    }

    package subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }
}

extension JSONValue: Codable {
    package init(from decoder: any Decoder) throws {
        if let tape = decoder as? JSONTapeDecoder {
            self.init(tape.reading.document, at: tape.index)
            return
        }
        // Another's decoder has to be asked for one kind after the other; a refusal means the next.
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let elements = try? container.decode([JSONValue].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .integer(let value): try value.encode(to: encoder)
        case .number(let value): try value.encode(to: encoder)
        case .string(let value): try value.encode(to: encoder)
        case .array(let elements): try elements.encode(to: encoder)
        case .object(let members): try members.encode(to: encoder)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}
