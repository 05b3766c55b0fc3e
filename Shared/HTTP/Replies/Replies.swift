package import Core

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

/// 201 with what was created, or 200 with what was there already.
package enum CreatedOrOK<Body: Codable & Sendable>: Reply {
    case created(Body)
    case existed(Body)

    package static var status: Status { .created }
    package static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(Body.self)) }
    package static var outcomes: [Outcome] { [Outcome(.created, content), Outcome(.ok, content)] }

    package var response: Response {
        switch self {
        case .created(let body): .json(.created, body)
        case .existed(let body): .json(.ok, body)
        }
    }
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

/// 303: what is wanted is elsewhere, and is read from there with GET.
package struct SeeOther: Reply {
    private let location: String

    /// - Parameter location: an absolute URL, or a path of ours; never what a caller sent without having been checked.
    package init(_ location: String) { self.location = location }

    package static var status: Status { .seeOther }
    package static var content: (type: String, schema: JSONSchema)? { nil }
    package static var outcomes: [Outcome] {
        [Outcome(.seeOther, fields: [("Location", "where the answer is read")])]
    }
    package var response: Response { Response(.seeOther, headers: Headers([("Location", location)])) }
}

/// 200 with a page for people. It may load and run nothing but what stands in it, unless it says otherwise.
package struct HTML: Reply {
    private let page: String
    private let policy: String

    /// Nothing from another host, and no script at all.
    package static let strictPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
        + "form-action 'self'; frame-ancestors 'none'"

    /// - Parameter policy: the `Content-Security-Policy`.
    package init(_ page: String, policy: String = HTML.strictPolicy) {
        self.page = page
        self.policy = policy
    }

    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? { ("text/html", .string()) }

    package var response: Response {
        var response = Response.text(.ok, page, type: "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    }
}
