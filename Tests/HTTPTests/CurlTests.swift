import Compression
import Core
import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

@Suite struct `curl, talking to the server` {
    private typealias Plain = Call<None, None, None>
    private struct Form: Codable, Sendable { var text: String }

    private static let routes: [GuardedRoute] = [
        Route(.get, "/hello") { (_: Plain) in OK(["text": "hello"]) }.open,
        Route(.get, "/lines") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    for number in 1...1_000 { try await body.write("\(number)\n") }
                }, type: "text/plain", fileName: "lines.txt")
        }.open,
        Route(.get, "/torn") { (_: Plain) in
            Download<CSVFile>(
                BodyStream { body in
                    try await body.write("1\n")
                    throw CancellationError()
                }, type: "text/plain")
        }.open,
        Route(.get, "/elsewhere") { (_: Plain) in SeeOther("/hello") }.open,
        Route(.post, "/echo") { (call: Call<None, None, Form>) in
            Created(["length": call.body.text.utf8.count])
        }.open,
        Route(.post, "/picture") { (call: Call<None, None, Multipart>) in
            OK(["length": call.body.part("file")?.bytes.count ?? -1])
        }.open,
        Route(.delete, "/hello") { (_: Plain) in NoContent() }.open,
        Route(.get, "/large") { (_: Plain) in OK([String](repeating: "volt", count: 20_000)) }.open,
    ]

    private func talking(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        try await serving(Self.routes) { server, _ in try await body("http://\(server.address)") }
    }

    @Test func `reads an answer, and keeps the connection for the next`() async throws {
        try await talking { url in
            let outcome = try await Curl.run("--verbose", "\(url)/hello", "\(url)/hello/", "\(url)/nowhere")
            #expect(outcome.status == 0)
            #expect(outcome.output.hasPrefix("{\"text\":\"hello\"}{\"text\":\"hello\"}{\"status_code\":2001"))
            #expect(outcome.log.components(separatedBy: "Re-using existing connection").count == 3)
        }
    }

    @Test func `hears HEAD without a body, and goes on`() async throws {
        try await talking { url in
            let outcome = try await Curl.run(
                "--verbose", "--head", "\(url)/hello", "\(url)/lines", "\(url)/hello")
            #expect(outcome.status == 0)
            #expect(outcome.output.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
            #expect(!outcome.output.contains("hello"))
            #expect(outcome.log.components(separatedBy: "Re-using existing connection").count == 3)
        }
    }

    @Test(arguments: ["--http1.0", "--http1.1"])
    func `reads a body that is made while it is sent`(version: String) async throws {
        try await talking { url in
            let outcome = try await Curl.run("--verbose", version, "\(url)/lines")
            #expect(outcome.status == 0)
            #expect(outcome.output.split(separator: "\n").count == 1_000)
            #expect(outcome.log.contains("Transfer-Encoding: chunked") == (version == "--http1.1"))
        }
    }

    @Test(arguments: [("--http1.0", [56]), ("--http1.1", [18, 56])])
    func `does not take a torn body for a whole one`(version: String, statuses: [Int32]) async throws {
        try await talking { url in
            let outcome = try await Curl.run(version, "\(url)/torn")
            #expect(statuses.contains(outcome.status), "\(outcome.log)")
        }
    }

    @Test(arguments: ["--http1.0", "--http1.1"])
    func `sends bodies of a known length`(version: String) async throws {
        try await talking { url in
            let outcome = try await Curl.run(
                version, "--json", "{\"text\":\"č\"}", "\(url)/echo")
            #expect(outcome.output == "{\"length\":2}")
        }
    }

    @Test func `sends bodies in chunks`() async throws {
        try await talking { url in
            let outcome = try await Curl.run(
                "--verbose", "--header", "Content-Type: application/json", "--header",
                "Transfer-Encoding: chunked", "--data", "{\"text\":\"abc\"}", "\(url)/echo")
            #expect(outcome.output == "{\"length\":3}")
            #expect(outcome.log.contains("> Transfer-Encoding: chunked"))
        }
    }

    @Test func `waits for our word before it sends what is large`() async throws {
        try await talking { url in
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appendingPathComponent("picture")
            try Data(repeating: 0x2D, count: 3_000_000).write(to: file)
            let outcome = try await Curl.run(
                "--verbose", "--form", "file=@\(file.path)", "--header", "Expect: 100-continue",
                "\(url)/picture")
            #expect(outcome.output == "{\"length\":3000000}")
            #expect(outcome.log.contains("100 Continue"))

            let refused = try await Curl.run(
                "--verbose", "--header", "Expect: 100-continue", "--header", "Content-Type: application/json",
                "--data-binary", "@\(file.path)", "\(url)/echo")
            #expect(
                refused.output.contains("the body is too large")
                    || refused.output.contains("The body is too large"))
            #expect(!refused.log.contains("100 Continue"))
            #expect(refused.log.contains("413 Content Too Large"))
        }
    }

    @Test func `follows to where it is sent`() async throws {
        try await talking { url in
            let outcome = try await Curl.run("--location", "\(url)/elsewhere")
            #expect(outcome.output == "{\"text\":\"hello\"}")
        }
    }

    @Test func `hears which methods a path has, and an answer without a body`() async throws {
        try await talking { url in
            let wrong = try await Curl.run("--include", "--request", "PROPFIND", "\(url)/hello")
            #expect(wrong.output.contains("HTTP/1.1 405 Method Not Allowed"))
            #expect(wrong.output.contains("Allow: GET, HEAD, DELETE"))
            let done = try await Curl.run("--include", "--request", "DELETE", "\(url)/hello", "\(url)/hello")
            #expect(done.output.components(separatedBy: "HTTP/1.1 204 No Content").count == 3)
        }
    }

    @Test func `unpacks what we pack, and learns that it has it already`() async throws {
        try await talking { url in
            let plain = try await Curl.run("\(url)/large")
            let packed = try await Curl.run("--compressed", "--verbose", "\(url)/large")
            #expect(packed.output == plain.output)
            #expect(packed.log.contains("Content-Encoding: gzip"))
            let tag = try #require(
                packed.log.split(whereSeparator: \.isNewline).first { $0.lowercased().contains("etag: ") }?
                    .split(separator: ": ").last)
            let again = try await Curl.run(
                "--include", "--header", "If-None-Match: \(tag.trimmingCharacters(in: .whitespaces))",
                "\(url)/large")
            #expect(again.output.hasPrefix("HTTP/1.1 304 Not Modified"))
        }
    }

    @Test func `asks many things at once`() async throws {
        try await talking { url in
            let outcome = try await Curl.run(
                "--parallel", "--parallel-max", "20", "\(url)/lines?[1-60]", "--write-out",
                "status %{http_code}\n")
            #expect(outcome.output.components(separatedBy: "status 200\n").count == 61)
        }
    }
}
