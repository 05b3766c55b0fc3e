/// A range of IPv4 or IPv6 addresses in CIDR form; a bare address is a range of one.
package struct Network: Hashable, Sendable, CustomStringConvertible {
    /// Four or sixteen bytes; what lies beyond the prefix is zero.
    package let address: [UInt8]
    package let prefix: Int

    /// Refuses host bits beyond the prefix: `10.1.2.3/8` is a slip and not a wish.
    package init?(_ text: String) {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.bytes(of: halves[0]) else { return nil }
        var prefix = address.count * 8
        if halves.count == 2 {
            guard (1...3).contains(halves[1].utf8.count), halves[1].utf8.allSatisfy({ 48...57 ~= $0 }),
                let length = Int(halves[1]), length <= prefix
            else { return nil }
            prefix = length
        }
        guard Self.masked(address, to: prefix) == address else { return nil }
        self.address = address
        self.prefix = prefix
    }

    /// Whether a numeric address lies inside; an IPv4 address mapped into IPv6 counts as what it maps.
    package func contains(_ text: String) -> Bool {
        guard var bytes = Self.bytes(of: Substring(text)) else { return false }
        if address.count == 4, bytes.count == 16, bytes.starts(with: Self.mapped) {
            bytes.removeFirst(12)
        }
        return bytes.count == address.count && Self.masked(bytes, to: prefix) == address
    }

    package var description: String {
        guard address.count == 16 else {
            return "\(address.map(String.init).joined(separator: "."))/\(prefix)"
        }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(address[$0]) << 8 | Int(address[$0 + 1]) }
        let written = groups.map { String($0, radix: 16) }
        guard let gap = Self.longestGap(in: groups) else {
            return "\(written.joined(separator: ":"))/\(prefix)"
        }
        let head = written[..<gap.lowerBound].joined(separator: ":")
        let tail = written[gap.upperBound...].joined(separator: ":")
        return "\(head)::\(tail)/\(prefix)"
    }

    private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]

    private static func masked(_ address: [UInt8], to prefix: Int) -> [UInt8] {
        address.indices.map { index in
            let kept = min(max(prefix - index * 8, 0), 8)
            return address[index] & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
        }
    }

    /// The longest run of zero groups, of two or more, as RFC 5952 abbreviates it.
    private static func longestGap(in groups: [Int]) -> Range<Int>? {
        var longest: Range<Int>?
        var index = 0
        while index < groups.count {
            let end = groups[index...].firstIndex { $0 != 0 } ?? groups.count
            if end - index > max(1, longest?.count ?? 0) { longest = index..<end }
            index = end + 1
        }
        return longest
    }

    private static func bytes(of text: Substring) -> [UInt8]? {
        text.contains(":") ? sixteen(text) : four(text)
    }

    private static func four(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A leading zero is octal to some readers and decimal to others: nobody's friend.
            guard part.utf8.allSatisfy({ 48...57 ~= $0 }), part.utf8.count == 1 || part.first != "0",
                let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func sixteen(_ text: Substring) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            return groups(text).flatMap { $0.count == 16 ? $0 : nil }
        }
        let tail = text[gap.upperBound...]
        guard tail.firstRange(of: "::") == nil, let front = groups(text[..<gap.lowerBound]),
            let back = groups(tail),
            front.count + back.count <= 14
        else { return nil }
        return front + Array(repeating: 0, count: 16 - front.count - back.count) + back
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let ending = four(part) else { return nil }
                bytes += ending
                continue
            }
            guard (1...4).contains(part.utf8.count), part.first != "+", let group = UInt16(part, radix: 16)
            else {
                return nil
            }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes
    }
}
