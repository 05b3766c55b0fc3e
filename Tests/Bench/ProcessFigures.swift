import Foundation

/// What the kernel says about processes, from /proc.
struct ProcessFigures: Sendable {
    struct Unreadable: Error {}

    /// A number, or the name that the kernel knows (its first 15 letters); a name stands for all that bear it.
    let word: String

    /// Those that there are now.
    private var numbers: [Int] {
        if let number = Int(word) { return [number] }
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int($0) }.filter { number in
            // A process that has just ended has no name any more.
            let name = try? String(contentsOfFile: "/proc/\(number)/comm", encoding: .utf8)
            return name?.trimmingCharacters(in: .newlines) == String(word.prefix(15))
        }
    }

    var count: Int { numbers.count }
    var cpuSeconds: Double { numbers.reduce(0) { $0 + ((try? Self.cpuSeconds($1)) ?? 0) } }
    var residentBytes: Int { numbers.reduce(0) { $0 + ((try? Self.residentBytes($1)) ?? 0) } }

    static func cpuSeconds(_ number: Int) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)
        // The name, in brackets, may hold blanks; user and system time are the twelfth and thirteenth behind it.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw Unreadable()
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    static func residentBytes(_ number: Int) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(number)/statm", encoding: .utf8)
        guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Unreadable()
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
