import Core
import FoundationEssentials
import HTTP
import Sockets
import TestSupport
import Testing

/// A request that came by no socket.
func request(
    _ method: HTTP.Method, _ target: String, _ headers: [(String, String)] = [], body: String = ""
) throws -> Request {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    return Request(
        method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: Headers(headers),
        body: Array(body.utf8), peer: try #require(SocketAddress(host: "127.0.0.1", port: 1)),
        client: "127.0.0.1", id: "r-1", received: .now)
}

@Suite struct `A list` {
    private struct Item: Codable, Sendable, Equatable { var number: Int }

    private struct Search: Codable, PageParameters {
        var page: Int?
        var per_page: Int?
        var tag: String?
    }

    private static let all = (1...5).map { Item(number: $0) }

    private static func rows(_ cut: Cut) -> [Item] {
        let ordered = cut.order == .ascending ? all : all.reversed()
        return Array(ordered.dropFirst(cut.offset).prefix(cut.limit))
    }

    private static let routes: [GuardedRoute] = [
        Route(.get, "/list") { (call: Call<None, Search, None>) in
            Listed(all, call.query, of: call.request)
        }.open,
        Route(.get, "/rows") { (call: Call<None, Search, None>) in
            try await Listed(call.query, of: call.request) {
                all.count
            } rows: {
                rows($0)
            }
        }.open,
        Route(.get, "/paged") { (call: Call<None, PageQuery, None>) in
            try await PagedList(call.query) {
                all.count
            } rows: {
                rows($0)
            }
        }.open,
        Route(.get, "/empty") { (call: Call<None, PageQuery, None>) in
            PagedList([Item](), call.query)
        }.open,
        Route(.get, "/none") { (call: Call<None, CutQuery, None>) in
            Listed([Item](), call.query, of: call.request)
        }.open,
    ]

    private func answer(_ target: String) async throws -> Response {
        try await Dispatcher(routes: Self.routes, credentials: NoCredentials())
            .respond(to: request(.get, target))
    }

    @Test(.fact(7)) func `is whole, or a page with the ways to the others`() async throws {
        let whole = try await answer("/list")
        #expect(try JSONReader.decode([Item].self, from: whole.body) == Self.all)
        #expect(whole.headers["X-Total-Count"] == nil)
        #expect(whole.headers["Link"] == nil)

        let page = try await answer("/list/?page=2&per_page=2&tag=a%26b&tag=c")
        #expect(try JSONReader.decode([Item].self, from: page.body) == [Item(number: 3), Item(number: 4)])
        #expect(page.headers["X-Total-Count"] == "5")
        let kept = "tag=a%26b&tag=c"
        #expect(
            page.headers["Link"] == """
                </list/?\(kept)&page=1&per_page=2>; rel="first", </list/?\(kept)&page=1&per_page=2>; rel="prev", \
                </list/?\(kept)&page=3&per_page=2>; rel="next", </list/?\(kept)&page=3&per_page=2>; rel="last"
                """)
    }

    @Test(arguments: ["/list?tag=%22<>;rel=next&page=1", "/list?tag=\"<>;rel=next&page=1"])
    func `lets no caller write links of its own`(target: String) async throws {
        let link = try #require(try await answer(target).headers["Link"])
        #expect(link.split(separator: "<").count == 2)
        #expect(link.hasPrefix("</list?tag=%22%3C%3E;rel=next&page=1&per_page=10>; rel=\"first\""))
    }

    @Test func `has an end on both sides`() async throws {
        let first = try #require(try await answer("/list?per_page=3").headers["Link"])
        #expect(first.contains("rel=\"next\"") && !first.contains("rel=\"prev\""))
        let last = try #require(try await answer("/list?page=2&per_page=3").headers["Link"])
        #expect(!last.contains("rel=\"next\"") && last.contains("rel=\"prev\""))
        let none = try await answer("/none?page=4")
        #expect(String(decoding: none.body, as: UTF8.self) == "[]")
        #expect(none.headers["X-Total-Count"] == "0")
        #expect(
            none.headers["Link"]
                == "</none?page=1&per_page=10>; rel=\"first\", </none?page=1&per_page=10>; rel=\"last\"")
    }

    @Test(
        .fact(6),
        arguments: [
            ("page=99&per_page=2", [1]), ("page=0&per_page=2", [5, 4]), ("per_page=0", [5, 4, 3, 2, 1]),
            ("per_page=1000", [5, 4, 3, 2, 1]), ("page=-3&per_page=1", [5]), ("page=&per_page=2", [5, 4]),
            ("page=9223372036854775807&per_page=100", [5, 4, 3, 2, 1]), ("", [5, 4, 3, 2, 1]),
        ])
    func `draws what is asked for to what there is`(query: String, numbers: [Int]) async throws {
        let items = try JSONReader.decode([Item].self, from: try await answer("/rows?\(query)").body)
        #expect(items.map(\.number) == numbers)
        let paged = try JSONReader.decode(Paged<Item>.self, from: try await answer("/paged?\(query)").body)
        #expect(paged.items.map(\.number) == numbers)
    }

    @Test(.fact(6)) func `is shown with what is known of its other pages`() async throws {
        let page = try await answer("/paged?page=2&per_page=2&order=asc")
        #expect(
            String(decoding: page.body, as: UTF8.self) == """
                {"items":[{"number":3},{"number":4}],"pagination":{"page":2,"per_page":2,"total_items":5,\
                "total_pages":3,"has_next":true,"has_prev":true}}
                """)
        let empty = try await answer("/empty?page=7&per_page=1000")
        #expect(
            String(decoding: empty.body, as: UTF8.self) == """
                {"items":[],"pagination":{"page":1,"per_page":100,"total_items":0,\
                "total_pages":0,"has_next":false,"has_prev":false}}
                """)
    }

    @Test(arguments: ["page=x", "order=up", "order=DESC", "per_page=1.5", "page=1e1"])
    func `is refused to who asks nonsense`(query: String) async throws {
        let answer = try await answer("/paged?\(query)")
        #expect(answer.status == .badRequest)
        let field = try #require(query.split(separator: "=").first)
        #expect(
            try JSONReader.decode(Problem.Envelope.self, from: answer.body).errors?.keys.first
                == String(field))
    }

    @Test func `is described with its pages`() throws {
        let part = OpenAPI.part(of: Self.routes, tag: "lists")
        let list = try #require(part.paths["/list"]?["get"])
        #expect(list["responses"]?["200"]?["headers"]?["X-Total-Count"] != nil)
        #expect(list["responses"]?["200"]?["content"]?["application/json"]?["schema"]?["type"] == "array")
        let paged = try #require(part.paths["/paged"]?["get"])
        let reference = paged["responses"]?["200"]?["content"]?["application/json"]?["schema"]?["$ref"]
        guard case .string(let pointer)? = reference, let name = pointer.split(separator: "/").last else {
            Issue.record("\(String(describing: reference))")
            return
        }
        #expect(part.schemas[String(name)]?["properties"]?["pagination"] != nil)
        guard case .array(let parameters)? = paged["parameters"] else {
            Issue.record("no parameters")
            return
        }
        #expect(parameters.compactMap { $0["name"] } == ["page", "per_page", "order"])
    }
}
