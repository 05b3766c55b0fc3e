package import Core

/// A route without parameters in its path, in its query, or without a body.
package struct None: Codable, Sendable {
    package init() {}
}

/// One request to one route, with its parts read into the route's types.
package struct Call<Path: Sendable, Query: Sendable, Body: Sendable>: Sendable {
    package let path: Path
    package let query: Query
    package let body: Body
    /// Present on every route that needs a right.
    package let caller: Caller?
    package let request: Request

    /// The caller of a route that needs a right.
    package var identified: Caller {
        guard let caller else { preconditionFailure("only a route with a right may ask who is calling") }
        return caller
    }
}

/// What a handler returns: an answer and, for the API's document, its shape.
package protocol Reply: Sendable {
    static var status: Status { get }
    /// The media type and the shape of the body; nil for none.
    static var content: (type: String, schema: JSONSchema)? { get }
    var response: Response { get }
}

/// 200 with a body.
package struct OK<Body: Codable & Sendable>: Reply {
    package let body: Body
    package init(_ body: Body) { self.body = body }
    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(Body.self)) }
    package var response: Response { .json(.ok, body) }
}

/// 201 with what was created.
package struct Created<Body: Codable & Sendable>: Reply {
    package let body: Body
    package init(_ body: Body) { self.body = body }
    package static var status: Status { .created }
    package static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(Body.self)) }
    package var response: Response { .json(.created, body) }
}

/// 202: begun, and going on behind the answer.
package struct Accepted<Body: Codable & Sendable>: Reply {
    package let body: Body
    package init(_ body: Body) { self.body = body }
    package static var status: Status { .accepted }
    package static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(Body.self)) }
    package var response: Response { .json(.accepted, body) }
}

/// 204.
package struct NoContent: Reply {
    package init() {}
    package static var status: Status { .noContent }
    package static var content: (type: String, schema: JSONSchema)? { nil }
    package var response: Response { Response(.noContent) }
}

/// 200 with bytes that are no JSON: a PDF, a picture, a page.
package struct Download: Reply {
    package let response: Response

    /// - Parameter fileName: where given, the browser saves instead of showing.
    package init(_ bytes: [UInt8], type: String, fileName: String? = nil) {
        var response = Response(.ok, headers: Headers([("Content-Type", type)]), body: bytes)
        if let fileName {
            // RFC 6266 with RFC 8187: any name survives, and none can break out of the quotes.
            response.headers["Content-Disposition"] =
                "attachment; filename*=UTF-8''\(PercentCoding.encode(fileName))"
        }
        self.response = response
    }

    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? {
        ("application/octet-stream", .string(format: "binary"))
    }
}
