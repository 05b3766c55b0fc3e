import Core

/// Reads a `Decodable` type from path or query parameters: texts, whole numbers, booleans, words of enumerations and
/// types that stand for one of these. Every mistake is told at once.
enum ParameterReader {
    static func decode<Value: Decodable>(
        _ type: Value.Type, shaped wanted: JSONSchema, from parameters: [(name: String, value: String)],
        rules: JSONReadingRules
    ) throws(JSONMistakes) -> Value {
        // Written as a document of texts and numbers and read by the one reader that knows limits and mistakes.
        var output = JSONOutput()
        output.beginObject()
        var seen: Set<String> = []
        // The first of several wins, as a person reading from the left would take it.
        for (name, value) in parameters where seen.insert(name).inserted {
            guard let schema = wanted.member(name) else { continue }
            // An empty parameter says nothing: `?status=` is as good as none.
            if value.isEmpty, !schema.isText { continue }
            output.name(name)
            write(value, as: schema, to: &output)
        }
        output.endObject()
        return try JSONReader.decode(type, from: output.bytes, rules: rules)
    }

    private static func write(_ text: String, as schema: JSONSchema, to output: inout JSONOutput) {
        switch schema {
        case .integer:
            if let number = Int64(text), text.first != "+" { return output.integer(number) }
        case .number:
            if let number = Double(text), number.isFinite { return output.number(number) }
        case .bool:
            if let flag = ["true": true, "1": true, "false": false, "0": false][text.lowercased()] {
                return output.bool(flag)
            }
        case .array(let element):
            output.beginArray()
            for part in text.split(separator: ",") { write(String(part), as: element, to: &output) }
            return output.endArray()
        case .nullable(let inner): return write(text, as: inner, to: &output)
        default: break
        }
        // The reader then says what is wrong with it.
        output.string(text)
    }
}

extension JSONSchema {
    /// The schema of an object's member.
    fileprivate func member(_ name: String) -> JSONSchema? {
        guard case .object(_, let members) = self else { return nil }
        return members.first { $0.name == name }?.schema
    }

    fileprivate var isText: Bool {
        switch self {
        case .string: true
        case .nullable(let inner): inner.isText
        default: false
        }
    }
}
