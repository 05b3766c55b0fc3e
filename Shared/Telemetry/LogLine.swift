import Core
import FoundationEssentials

/// How a line of the log looks: JSON for machines, text for eyes.
package enum LogFormat: String, CaseIterable, Sendable {
    case json, text
}

/// Turns an event into one line. Whatever a value holds, it stays one line and cannot pose as another field.
struct LogLine {
    let service: String
    let format: LogFormat

    /// Bytes of one text value that are shown; the rest is cut off.
    static let longestText = 2_048

    func bytes(of event: LogEvent, at time: Date) -> [UInt8] {
        switch format {
        case .json: json(event, time)
        case .text: text(event, time)
        }
    }

    private func json(_ event: LogEvent, _ time: Date) -> [UInt8] {
        var output = JSONOutput()
        output.bytes.reserveCapacity(256)
        output.beginObject()
        output.name("time")
        output.raw([UInt8(ascii: "\"")] + Self.text(time) + [UInt8(ascii: "\"")])
        output.name("level")
        output.string(event.level.rawValue)
        output.name("event")
        output.string(Self.harmless(event.name))
        output.name("service")
        output.string(service)
        for (name, value) in event.fields {
            output.name(Self.harmless(name))
            switch value {
            case .text(let text): output.string(Self.harmless(text))
            case .integer(let number): output.integer(number)
            case .number(let number): output.number(number)
            case .flag(let flag): output.bool(flag)
            }
        }
        output.endObject()
        output.bytes.append(UInt8(ascii: "\n"))
        return output.bytes
    }

    private func text(_ event: LogEvent, _ time: Date) -> [UInt8] {
        let time = String(decoding: Self.text(time), as: UTF8.self)
        var line = "\(time) \(Self.column(event.level)) \(service) \(Self.quotedIfNeeded(event.name))"
        for (name, value) in event.fields {
            line += " \(Self.quotedIfNeeded(name))="
            switch value {
            case .text(let text): line += Self.quotedIfNeeded(text)
            case .integer(let number): line += "\(number)"
            case .number(let number): line += "\(number)"
            case .flag(let flag): line += "\(flag)"
            }
        }
        return Array(line.utf8) + [UInt8(ascii: "\n")]
    }

    private static func column(_ level: LogLevel) -> String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO "
        case .warning: "WARN "
        case .error: "ERROR"
        }
    }

    /// RFC 3339 with milliseconds, so that the lines of a burst sort.
    private static func text(_ time: Date) -> [UInt8] {
        let milliseconds = Int64((time.timeIntervalSince1970 * 1_000).rounded(.down))
        let fraction = Int(((milliseconds % 1_000) + 1_000) % 1_000)
        var bytes: [UInt8] = []
        Timestamp.append(time, to: &bytes)
        bytes.removeLast()
        let digits = [fraction / 100, fraction / 10 % 10, fraction % 10].map { UInt8(ascii: "0") + UInt8($0) }
        bytes += [UInt8(ascii: ".")] + digits + [UInt8(ascii: "Z")]
        return bytes
    }

    /// A value for a text line: bare where it is one plain word, else quoted, with escapes for what would end it.
    private static func quotedIfNeeded(_ text: String) -> String {
        let text = harmless(text)
        let isWord =
            !text.isEmpty
            && text.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        if isWord { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20: quoted += "\\x\(hex(scalar.value))"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hex(_ value: UInt32) -> String {
        (value < 16 ? "0" : "") + String(value, radix: 16)
    }

    /// Cut to length, and without what JSON allows but a terminal obeys: C1 controls, line separators, marks that
    /// turn the direction of writing round.
    static func harmless(_ text: String) -> String {
        var text = text
        if text.utf8.count > longestText {
            // Cutting inside a character leaves a replacement character, which is what it is.
            text = String(decoding: text.utf8.prefix(longestText), as: UTF8.self) + "…"
        }
        guard text.utf8.contains(where: { $0 >= 0x7F }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isObeyed($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
