import Core

extension OpenAPI.Part {
    /// The same part with another name for each shape that is called like a different one in `others`.
    func renamed(besides others: [String: JSONValue]) -> Self {
        var names: [String: String] = [:]
        for (name, schema) in schemas {
            guard let other = others[name], other != schema else { continue }
            names[name] = tag.prefix(1).uppercased() + tag.dropFirst() + name
        }
        guard !names.isEmpty else { return self }
        return Self(
            tag: tag, paths: paths.mapValues { Self.renamed($0, names) },
            schemas: Dictionary(
                schemas.map { name, schema in (names[name] ?? name, Self.renamed(schema, names)) },
                uniquingKeysWith: { first, _ in first }))
    }

    private static let pointer = "#/components/schemas/"

    private static func renamed(_ value: JSONValue, _ names: [String: String]) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { renamed($0, names) })
        case .object(var members):
            if case .string(let reference)? = members["$ref"], reference.hasPrefix(pointer),
                let name = names[String(reference.dropFirst(pointer.count))]
            {
                members["$ref"] = .string(pointer + name)
            }
            return .object(members.mapValues { renamed($0, names) })
        default: return value
        }
    }
}

extension JSONSchema {
    /// Whether an empty object is not enough.
    var needsMembers: Bool {
        guard case .object(_, let members) = self else { return true }
        return members.contains(where: \.isRequired)
    }
}

extension PathPattern {
    /// As OpenAPI writes it: `/users/{id}`.
    package var template: String {
        "/"
            + segments.map { segment in
                switch segment {
                case .literal(let text): text
                case .parameter(let name): "{\(name)}"
                }
            }.joined(separator: "/")
    }

    /// A word for generated clients: `UsersById`.
    var operationName: String {
        segments.map { segment in
            switch segment {
            case .literal(let text):
                text.split { !$0.isLetter && !$0.isNumber }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
                    .joined()
            case .parameter(let name): "By" + name.prefix(1).uppercased() + name.dropFirst()
            }
        }.joined()
    }
}
