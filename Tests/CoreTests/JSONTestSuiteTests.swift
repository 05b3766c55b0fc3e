import Core
import Foundation
import Testing

/// The public cases of JSONTestSuite; `Tests/Fixtures/JSONTestSuite` has them with their licence.
@Suite struct `The public JSON cases` {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let isAccepted: Bool

        var testDescription: String { name }
    }

    static let all: [Case] = {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = fixtures.appending(path: "Fixtures/JSONTestSuite/cases.txt")
        // Without the file there are no cases, and the count below fails.
        let lines = (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n") ?? []
        let written = lines.filter { !$0.hasPrefix("#") }.map { line in
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            return Case(
                name: "\(words[0])_\(words[1])", bytes: bytes(words[2]), isAccepted: "ya".contains(words[0]))
        }
        // Too long to be written down.
        return written + [
            Case(
                name: "n_structure_100000_opening_arrays", bytes: [UInt8](repeating: 0x5B, count: 100_000),
                isAccepted: false),
            Case(
                name: "n_structure_open_array_object",
                bytes: Array(String(repeating: "[{\"\":", count: 50_000).utf8), isAccepted: false),
            Case(
                name: "r_structure_500_nested_arrays",
                bytes: [UInt8](repeating: 0x5B, count: 500) + [UInt8](repeating: 0x5D, count: 500),
                isAccepted: false),
        ]
    }()

    private static func bytes(_ escaped: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = escaped.utf8
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "\\") {
                bytes.append(byte)
            } else if rest.popFirst() == UInt8(ascii: "x") {
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    @Test func `are all there`() {
        #expect(Self.all.filter { $0.name.hasPrefix("y_") }.count == 95)
        #expect(Self.all.filter { $0.name.hasPrefix("n_") }.count == 188)
        #expect(Self.all.count == 318)
    }

    @Test(arguments: all)
    func `are told right from wrong`(one: Case) throws {
        let document = try? JSONDocument(one.bytes)
        #expect((document != nil) == one.isAccepted)
    }

    @Test(arguments: all.filter(\.isAccepted))
    func `come back the same after being written`(one: Case) throws {
        let value = JSONValue(try JSONDocument(one.bytes))
        let written = JSONWriter.encode(value)
        #expect(JSONValue(try JSONDocument(written)) == value)
    }

    /// Cut off and changed at every place, a text is refused or read, and nothing else happens.
    @Test(arguments: all.filter { $0.bytes.count < 200 })
    func `can be damaged anywhere without harm`(one: Case) {
        for position in one.bytes.indices {
            for byte in [0x00, 0x22, 0x2C, 0x5C, 0x5D, 0x75, 0x7D, 0x80, 0xE2, 0xFF] as [UInt8] {
                var damaged = one.bytes
                damaged[position] = byte
                for bytes in [damaged, Array(damaged[...position])] {
                    // A refusal is as good as an answer here.
                    guard let document = try? JSONDocument(bytes) else { continue }
                    let value = JSONValue(document)
                    #expect(JSONValue(try? JSONDocument(JSONWriter.encode(value))) == value)
                }
            }
        }
    }
}

extension JSONValue {
    fileprivate init?(_ document: JSONDocument?) {
        guard let document else { return nil }
        self.init(document)
    }
}
