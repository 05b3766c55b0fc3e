import Core
import Foundation
import OCPP
import Testing

/// What the official schemas say of payloads (deploy/verify/schemas), and what we say of the same.
@Suite struct `The schemas of 1.6` {
    struct Verdicts: Decodable, Sendable, CustomTestStringConvertible {
        struct Case: Decodable, Sendable {
            /// Names of members and numbers of elements.
            var path: [JSONValue]
            var set: JSONValue?
            /// So many characters.
            var fill: Int?
            var remove: Bool?
            var valid: Bool
        }

        /// OCPP's word.
        var action: String
        var isResponse: Bool
        var base: JSONValue
        var cases: [Case]

        var testDescription: String { action + (isResponse ? "Response" : "") }
    }

    static let all: [Verdicts] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/OCPP16/verdicts.jsonl")
        do {
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
                try JSONReader.decode(Verdicts.self, from: Array($0.utf8))
            }
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    @Test func `are all there`() {
        #expect(Self.all.count == 78)
        #expect(Set(Self.all.map(\.action)).count == V16.Action.allCases.count)
    }

    /// Where we take more than the schema does, since stations say it and a session would be lost (ocpp.md, All of 1.6).
    private static func isTakenAnyway(_ verdicts: Verdicts, _ path: String) -> Bool {
        let words = ["context", "format", "measurand", "phase", "location", "unit"]
        switch (verdicts.action, verdicts.isResponse) {
        case ("MeterValues", false), ("StopTransaction", false):
            return path == "reason" || words.contains { path.hasSuffix(".\($0)") }
        // The status counts, and the word beside it is free text to us.
        case ("StatusNotification", false): return path == "errorCode"
        // As good as none.
        case ("GetInstalledCertificateIds", true): return path == "certificateHashData"
        default: return false
        }
    }

    @Test(arguments: all) func `are ours`(_ verdicts: Verdicts) throws {
        let action = try #require(V16.Action(rawValue: verdicts.action))
        for edit in verdicts.cases {
            let payload = JSONWriter.encode(verdicts.base.applying(edit))
            let path = edit.path.map { step in
                switch step {
                case .string(let name): name
                default: "0"
                }
            }.joined(separator: ".")
            var mistake = ""
            do throws(JSONMistakes) {
                if verdicts.isResponse {
                    try action.check(response: payload)
                } else {
                    try action.check(request: payload)
                }
            } catch { mistake = "\(error)" }
            guard edit.valid != mistake.isEmpty else { continue }
            guard !edit.valid, Self.isTakenAnyway(verdicts, path) else {
                Issue.record(
                    "\(path) \(edit.valid ? "is valid" : "is not valid") in \(String(decoding: payload, as: UTF8.self)): \(mistake)"
                )
                continue
            }
        }
    }
}

extension JSONValue {
    fileprivate func applying(_ edit: `The schemas of 1.6`.Verdicts.Case) -> JSONValue {
        if edit.path.isEmpty { return edit.set ?? .null }
        return changed(at: edit.path[...], edit)
    }

    private func changed(
        at path: ArraySlice<JSONValue>, _ edit: `The schemas of 1.6`.Verdicts.Case
    ) -> JSONValue {
        guard let step = path.first else {
            return edit.fill.map { .string(String(repeating: "x", count: $0)) } ?? edit.set ?? .null
        }
        switch (self, step) {
        case (.object(var members), .string(let name)):
            let isLast = path.count == 1
            if isLast, edit.remove == true {
                members[name] = nil
            } else {
                members[name] = (members[name] ?? .null).changed(at: path.dropFirst(), edit)
            }
            return .object(members)
        case (.array(var elements), .integer(let number)):
            let index = Int(number)
            elements[index] = elements[index].changed(at: path.dropFirst(), edit)
            return .array(elements)
        default: return self
        }
    }
}
