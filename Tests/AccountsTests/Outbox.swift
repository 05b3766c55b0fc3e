import Foundation
import TestSupport
import Testing

/// The folder that the service of a test writes its mail into.
struct Outbox: Sendable {
    private let folder: FileFolder

    var path: String { folder.path }

    init() throws { folder = try FileFolder() }

    /// The mails to somebody, once there are so many, as their readable lines: quoted-printable undone.
    func mails(to address: String, count: Int = 1) async throws -> [String] {
        try await Wait.until { try letters(to: address).count >= count }
        return try letters(to: address)
    }

    /// By their time, and by the name of the file where that is the same.
    func letters(to address: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            .filter { $0.hasSuffix(".eml") }
            .compactMap { try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8) }
            .filter { $0.contains("\r\nTo: ") && $0.contains(address) }
            .map(Self.readable)
    }

    /// The codes of so many digits that somebody was sent and that `known` does not hold yet.
    func code(of digits: Int, to address: String, besides known: Set<String> = []) async throws -> String {
        var found: Set<String> = []
        try await Wait.until {
            found = Set(
                try letters(to: address).flatMap { letter in
                    letter.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
                        .filter { $0.count == digits && $0.allSatisfy(\.isNumber) }
                }
            ).subtracting(known)
            return !found.isEmpty
        }
        try #require(found.count == 1, "\(found)")
        return found.first ?? ""
    }

    private static func readable(_ mail: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(mail.replacing("=\r\n", with: "").utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "="), rest.count >= 2,
                let coded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(coded)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
