package import Core

/// 200 with a bare array: whole, or, where `page` or `per_page` is in the query, one page with `X-Total-Count` and the
/// ways to the other pages in `Link` (RFC 8288).
package struct Listed<Element: Codable & Sendable>: Reply {
    private let elements: [Element]
    private let headers: Headers

    /// Reads the rows that are asked for. The total is counted only where a page is.
    ///
    ///     try await Listed(call.query, of: call.request) {
    ///         try await database.run(.countTags(of: user))
    ///     } rows: { cut in
    ///         try await database.run(.tags(of: user, limit: cut.limit, offset: cut.offset))
    ///     }
    package init(
        _ query: some PageParameters, of request: Request, total: () async throws -> Int,
        rows: (Cut) async throws -> [Element]
    ) async throws {
        guard let part = query.part else {
            elements = try await rows(Cut(nil, order: query.order))
            headers = Headers()
            return
        }
        let total = try await total()
        let page = part.within(total: total)
        elements = total == 0 ? [] : try await rows(Cut(page, order: query.order))
        headers = PageLinks(request).headers(page, total: total)
    }

    /// Cuts what is asked for out of what is there.
    package init(_ all: [Element], _ query: some PageParameters, of request: Request) {
        guard let part = query.part else {
            elements = Array(all.prefix(Cut.most))
            headers = Headers()
            return
        }
        let page = part.within(total: all.count)
        elements = Array(all.dropFirst(page.offset).prefix(page.size))
        headers = PageLinks(request).headers(page, total: all.count)
    }

    /// An array that is never cut: one that has a limit of its own.
    package init(whole elements: [Element]) {
        self.elements = elements
        headers = Headers()
    }

    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? {
        ("application/json", .array(.of(Element.self)))
    }
    package static var outcomes: [Outcome] {
        [
            Outcome(
                status, content,
                fields: [
                    ("X-Total-Count", "elements of all pages, where a page was asked for"),
                    ("Link", "first, prev, next and last page (RFC 8288), where a page was asked for"),
                ])
        ]
    }
    package var response: Response {
        var response = Response.json(.ok, elements)
        for field in headers.fields { response.headers.add(field.name, field.value) }
        return response
    }
}

/// 200 with one page of a list and what is known of the other pages: `items`, `pagination`.
package struct PagedList<Item: Codable & Sendable>: Reply {
    private let paged: Paged<Item>

    /// Counts, then reads the rows of the page that is shown: past the end it is the last one.
    package init(
        _ query: some PageParameters, total: () async throws -> Int, rows: (Cut) async throws -> [Item]
    ) async throws {
        let total = try await total()
        let page = query.asked.within(total: total)
        paged = Paged(
            total == 0 ? [] : try await rows(Cut(page, order: query.order)), page: page, total: total)
    }

    /// Cuts what is asked for out of what is there; the order is the caller's.
    package init(_ all: [Item], _ query: some PageParameters) {
        let page = query.asked.within(total: all.count)
        paged = Paged(Array(all.dropFirst(page.offset).prefix(page.size)), page: page, total: all.count)
    }

    package static var status: Status { .ok }
    package static var content: (type: String, schema: JSONSchema)? {
        ("application/json", .of(Paged<Item>.self))
    }
    package var response: Response { .json(.ok, paged) }
}
