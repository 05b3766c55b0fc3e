package import Core

/// The API's document, OpenAPI 3.1, made from the routes and their types.
package enum OpenAPI {
    /// One service's part: its paths and the shapes that they use.
    package struct Part: Codable, Equatable, Sendable {
        /// The service's name; tells apart what two services call the same.
        package var tag: String
        package var paths: [String: JSONValue]
        package var schemas: [String: JSONValue]
    }

    /// - Parameter tag: the group under which a reader finds the routes: the service's name.
    package static func part(of routes: [GuardedRoute], tag: String) -> Part {
        var schemas: [String: JSONValue] = [:]
        _ = JSONSchema.of(Problem.Envelope.self).json(components: &schemas)
        var paths: [String: [String: JSONValue]] = [:]
        for guarded in routes {
            let path = guarded.route.pattern.template
            paths[path, default: [:]][guarded.route.method.rawValue.lowercased()] = operation(
                guarded, tag: tag, components: &schemas)
        }
        return Part(tag: tag, paths: paths.mapValues(JSONValue.object), schemas: schemas)
    }

    /// The whole document out of the services' parts.
    package static func document(title: String, version: String, parts: [Part]) -> JSONValue {
        var paths: [String: JSONValue] = [:]
        var schemas: [String: JSONValue] = [:]
        for part in parts.sorted(by: { $0.tag < $1.tag }) {
            let part = part.renamed(besides: schemas)
            paths.merge(part.paths) { first, second in merged(first, second) }
            schemas.merge(part.schemas) { first, _ in first }
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": .string(version)],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    /// Two services may serve one path with different methods.
    private static func merged(_ first: JSONValue, _ second: JSONValue) -> JSONValue {
        guard case .object(let one) = first, case .object(let other) = second else { return first }
        return .object(one.merging(other) { first, _ in first })
    }

    private static func operation(
        _ guarded: GuardedRoute, tag: String, components: inout [String: JSONValue]
    ) -> JSONValue {
        let route = guarded.route
        var operation: [String: JSONValue] = [
            "tags": [.string(tag)],
            "summary": .string(route.summary),
            "operationId": .string(route.method.rawValue.lowercased() + route.pattern.operationName),
            "parameters": .array(
                parameters(route.shape.path, in: "path", components: &components)
                    + parameters(route.shape.query, in: "query", components: &components)
                    + (route.isIdempotent ? [idempotencyKey] : [])),
        ]
        if let body = route.shape.body {
            operation["requestBody"] = [
                "required": .bool(body.needsMembers),
                "content": ["application/json": ["schema": body.json(components: &components)]],
            ]
        }
        if let field = route.shape.fileField {
            let schema: JSONValue = [
                "type": "object", "required": [.string(field)],
                "properties": .object([field: ["type": "string", "format": "binary"]]),
            ]
            operation["requestBody"] = [
                "required": true, "content": ["multipart/form-data": ["schema": schema]],
            ]
        }
        operation["responses"] = responses(guarded, components: &components)
        // An empty requirement beside the bearer's: a credential is welcome, and not needed.
        operation["security"] = guarded.right == .open ? [[:], ["bearer": []]] : [["bearer": []]]
        operation["x-right"] = .string(guarded.right.rawValue)
        return .object(operation)
    }

    private static let idempotencyKey: JSONValue = [
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same key with the same body gets the first answer again, for 24 hours.",
        "schema": ["type": "string", "minLength": 1, "maxLength": 64],
    ]

    private static func parameters(
        _ schema: JSONSchema, in place: String, components: inout [String: JSONValue]
    ) -> [JSONValue] {
        guard case .object(_, let members) = schema else { return [] }
        return members.map { member in
            [
                "name": .string(member.name), "in": .string(place),
                "required": .bool(place == "path" || member.isRequired),
                "schema": member.schema.json(components: &components),
            ]
        }
    }

    private static func responses(_ guarded: GuardedRoute, components: inout [String: JSONValue]) -> JSONValue
    {
        var responses: [String: JSONValue] = [:]
        // By status and media type: a route may answer in several shapes.
        var shapes: [Status: [String: [JSONValue]]] = [:]
        for outcome in guarded.route.shape.outcomes {
            guard let content = outcome.content else { continue }
            let schema = content.schema.json(components: &components)
            guard shapes[outcome.status]?[content.type]?.contains(schema) != true else { continue }
            shapes[outcome.status, default: [:]][content.type, default: []].append(schema)
        }
        for outcome in guarded.route.shape.outcomes {
            var success: [String: JSONValue] = ["description": .string("\(outcome.status.reason)")]
            if let contents = shapes[outcome.status] {
                success["content"] = .object(
                    contents.mapValues { ["schema": $0.count == 1 ? $0[0] : ["anyOf": .array($0)]] })
            }
            if !outcome.fields.isEmpty {
                success["headers"] = .object(
                    Dictionary(
                        outcome.fields.map { field in
                            (
                                field.name,
                                ["description": .string(field.meaning), "schema": ["type": "string"]]
                            )
                        }, uniquingKeysWith: { first, _ in first }))
            }
            let status = String(outcome.status.rawValue)
            // Words and header fields are those of the first.
            responses[status] = responses[status] ?? .object(success)
        }
        let failure: JSONValue = [
            "description": "A failure",
            "content": [
                "application/json": [
                    "schema": JSONSchema.of(Problem.Envelope.self).json(components: &components)
                ]
            ],
        ]
        responses["default"] = failure
        return .object(responses)
    }
}
