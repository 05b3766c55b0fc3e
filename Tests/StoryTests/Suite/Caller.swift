import Core
import Dispatch
import Foundation
import Testing

/// Somebody who uses the API from outside: curl, over TLS, through the proxy.
struct Caller: Sendable {
    var token: String?

    static let anybody = Caller()

    struct Answer: Sendable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: Data

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue {
            get throws { try JSONDecoder().decode(JSONValue.self, from: body) }
        }
    }

    /// - Parameter base: another address than the proxy's.
    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String] = [],
        base: String? = nil
    ) async throws -> Answer {
        var arguments: [String] = []
        if let body {
            arguments += ["--data-binary", String(decoding: try JSONEncoder().encode(body), as: UTF8.self)]
            if !headers.contains(where: { $0.lowercased().hasPrefix("content-type:") }) {
                arguments += ["--header", "Content-Type: application/json"]
            }
        }
        for header in headers { arguments += ["--header", header] }
        return try await curl(method, path, arguments, base: base)
    }

    /// With a body as it is, right or wrong, however long.
    func call(_ method: String, _ path: String, fromFile body: String) async throws -> Answer {
        let file = FileManager.default.temporaryDirectory.appending(path: "voltbus-body.\(UUID().uuidString)")
        try Data(body.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await curl(
            method, path, ["--header", "Content-Type: application/json", "--data-binary", "@\(file.path())"])
    }

    /// Nil when nobody answers, which is expected of a service that has just been killed, or that hangs.
    func asks(_ path: String, base: String) async throws -> Answer? {
        Answer(try await output("GET", path, ["--max-time", "5"], base: base).output)
    }

    private func curl(
        _ method: String, _ path: String, _ arguments: [String], base: String? = nil
    ) async throws -> Answer {
        let said = try await output(method, path, arguments, base: base)
        return try #require(Answer(said.output), "\(method) \(path): curl says \(said.errors)")
    }

    private func output(
        _ method: String, _ path: String, _ arguments: [String], base: String?
    ) async throws -> Tool.Outcome {
        let suite = SuiteUp.current
        var all = [
            "--silent", "--show-error", "--include", "--max-time", "20", "--noproxy", "*", "--cacert",
            suite.certificate,
        ]
        all += method == "HEAD" ? ["--head"] : ["--request", method]
        if let token { all += ["--header", "Authorization: Bearer \(token)"] }
        return try await Tool.run("/usr/bin/curl", all + arguments + [(base ?? suite.base) + path])
    }

    func get(_ path: String) async throws -> JSONValue {
        let answer = try await call("GET", path)
        try #require(answer.status == 200, "GET \(path): \(answer.status) \(answer.text)")
        return try answer.json
    }

    /// What must be done for the story to go on.
    @discardableResult
    func post(_ path: String, _ body: JSONValue, expecting status: Int = 201) async throws -> JSONValue {
        let answer = try await call("POST", path, body)
        try #require(answer.status == status, "POST \(path): \(answer.status) \(answer.text)")
        return try answer.json
    }

    static func loggedIn(_ email: String, _ password: String) async throws -> Caller {
        let pair = try await Caller.anybody.post(
            "/api/v1/token/", ["email": .string(email), "password": .string(password)], expecting: 200)
        return Caller(token: try #require(pair["access"]?.text))
    }

    static func admin() async throws -> Caller {
        try await loggedIn(SuiteUp.current.adminEmail, SuiteUp.current.adminPassword)
    }
}

extension Caller.Answer {
    /// From what `curl --include` prints; nil when there was no answer.
    fileprivate init?(_ output: Data) {
        var rest = output[...]
        var fields: [String: String] = [:]
        var found = 0
        repeat {
            guard let end = rest.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            rest = rest[end.upperBound...]
            found = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
            fields = [:]
            for line in lines.dropFirst() {
                let halves = line.split(separator: ":", maxSplits: 1)
                let name = halves[0].lowercased()
                let value = halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
                fields[name] = fields[name].map { "\($0), \(value)" } ?? value
            }
            // "100 Continue" stands before the answer.
        } while found == 100
        status = found
        headers = fields
        body = Data(rest)
    }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var whole: Int64? { if case .integer(let number) = self { number } else { nil } }
    var list: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var names: Set<String> { if case .object(let members) = self { Set(members.keys) } else { [] } }
}
