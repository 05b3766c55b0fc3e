import Core
import FoundationEssentials
import HTTP
import Testing

@Suite struct `A document of the API` {
    private typealias Plain = Call<None, None, None>
    private struct Pole: Codable, Sendable { var power: Int }
    private struct Item: Codable, Sendable { var number: Int }
    private struct Change: Codable, Sendable { var number: Int? }

    @Test func `keeps shapes apart that two services call the same`() throws {
        let first = OpenAPI.part(
            of: [Route(.get, "/a") { (_: Plain) in OK([Pole(power: 1)]) }.open], tag: "accounts")
        let name = try #require(first.schemas.keys.first { $0.hasSuffix("Pole") })
        // Another service with a shape of that name, and one more that both have.
        let text = JSONWriter.text(
            OpenAPI.part(of: [Route(.get, "/b") { (_: Plain) in OK([Pole(power: 1)]) }.open], tag: "billing"))
        let second = try JSONReader.decode(
            OpenAPI.Part.self, from: Array(text.replacing("\"power\"", with: "\"height\"").utf8))

        let document = OpenAPI.document(title: "t", version: "1", parts: [second, first])

        let schemas = try #require(document["components"]?["schemas"])
        #expect(schemas[name]?["properties"]?["power"] != nil)
        #expect(schemas["Billing\(name)"]?["properties"]?["height"] != nil)
        let content = document["paths"]?["/b"]?["get"]?["responses"]?["200"]?["content"]
        #expect(
            content?["application/json"]?["schema"]?["items"]?["$ref"]
                == .string("#/components/schemas/Billing\(name)"))
        guard case .object(let all) = schemas else { return }
        #expect(all.keys.filter { $0.hasSuffix("Envelope") }.count == 1)
    }

    @Test func `shows every shape and every kind of file that may come`() throws {
        let routes = [
            Route(.get, "/one") { (_: Plain) in OneOf<OK<Item>, OK<[Item]>>.first(OK(Item(number: 1))) }.open,
            Route(.get, "/same") { (_: Plain) in OneOf<OK<Item>, OK<Item>>.first(OK(Item(number: 1))) }.open,
            Route(.get, "/photo") { (_: Plain) in Download<PhotoFile>([], type: "image/png") }.open,
            Route(.get, "/paper") { (_: Plain) in Download<PDFFile>([]) }.open,
        ]
        let paths = OpenAPI.part(of: routes, tag: "billing").paths
        func content(_ path: String) -> JSONValue? { paths[path]?["get"]?["responses"]?["200"]?["content"] }

        guard case .array(let choices)? = content("/one")?["application/json"]?["schema"]?["anyOf"] else {
            Issue.record("one shape only")
            return
        }
        #expect(choices.count == 2 && choices.last?["type"] == "array")
        #expect(content("/same")?["application/json"]?["schema"]?["$ref"] != nil)
        #expect(content("/photo")?["image/png"] != nil && content("/photo")?["image/jpeg"] != nil)
        #expect(content("/paper")?["application/pdf"]?["schema"]?["format"] == "binary")
    }

    @Test func `shows forms, keys and rights`() throws {
        let routes = [
            Route(.post, "/picture") { (_: Call<None, None, Multipart>) in NoContent() }
                .taking(file: "avatar").needs(.user),
            Route(.post, "/pay") { (_: Call<None, None, Item>) in NoContent() }.idempotent.needs(.admin),
            Route(.patch, "/pay") { (_: Call<None, None, Change>) in NoContent() }.open,
        ]
        let paths = OpenAPI.part(of: routes, tag: "billing").paths

        let form = paths["/picture"]?["post"]?["requestBody"]?["content"]?["multipart/form-data"]?["schema"]
        #expect(form?["required"] == ["avatar"] && form?["properties"]?["avatar"]?["format"] == "binary")
        let pay = try #require(paths["/pay"]?["post"])
        #expect(pay["requestBody"]?["required"] == true)
        #expect(paths["/pay"]?["patch"]?["requestBody"]?["required"] == false)
        #expect(pay["x-right"] == "admin")
        guard case .array(let parameters)? = pay["parameters"] else {
            Issue.record("no parameters")
            return
        }
        #expect(parameters.map { $0["name"] } == ["Idempotency-Key"])
    }
}
