/// The networks whose forwarded addresses are believed.
package struct TrustedProxies: Sendable {
    package struct Network: Hashable, Sendable {
        private let bytes: [UInt8]
        private let bits: Int

        /// Reads `10.0.0.0/8`, `::1` and the like; nil for anything else.
        package init?(_ text: some StringProtocol) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard let address = parts.first.flatMap({ IPAddress.bytes($0) }) else { return nil }
            bytes = address
            guard parts.count > 1 else {
                bits = address.count * 8
                return
            }
            guard parts.count == 2, let bits = Int(parts[1]), (0...(address.count * 8)).contains(bits) else {
                return nil
            }
            self.bits = bits
        }

        func contains(_ address: [UInt8]) -> Bool {
            guard address.count == bytes.count else { return false }
            for index in 0..<bytes.count {
                let inByte = min(max(bits - index * 8, 0), 8)
                let mask = inByte == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF00 >> inByte)
                if (address[index] ^ bytes[index]) & mask != 0 { return false }
            }
            return true
        }
    }

    private let networks: [Network]

    package init(_ networks: [Network]) {
        self.networks = networks
    }

    /// Whether the process at the other end of the socket may say who is behind it.
    package func trusts(_ address: String) -> Bool {
        guard let bytes = IPAddress.bytes(IPAddress.plain(address[...])) else { return false }
        return networks.contains { $0.contains(bytes) }
    }

    /// The caller's address: the last one in `X-Forwarded-For` that no trusted proxy added. Whoever is not behind a
    /// trusted proxy is who the socket says, whatever the header claims.
    package func client(of peer: String, _ headers: Headers) -> String {
        var client = IPAddress.plain(peer[...])
        for hop in headers.list("X-Forwarded-For").reversed() {
            // Only a trusted writer's word on who came to it is believed, and only where it is an address.
            guard trusts(client), IPAddress.bytes(IPAddress.plain(hop[...])) != nil else { break }
            client = IPAddress.plain(hop[...])
        }
        return client
    }
}

/// Numeric addresses as bytes, 4 or 16 of them.
enum IPAddress {
    /// Without a port, without the brackets in front of one, and an IPv4 address that is written as IPv6 as what it is.
    static func plain(_ text: Substring) -> String {
        var text = text
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = text[text.index(after: text.startIndex)..<end]
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            text = text[..<colon]
        }
        let mapped = "::ffff:"
        if text.lowercased().hasPrefix(mapped), bytes(text.dropFirst(mapped.count))?.count == 4 {
            text = text.dropFirst(mapped.count)
        }
        return String(text)
    }

    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        text.contains(":") ? six(String(text)) : four(String(text))
    }

    private static func four(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // No leading zero: some readers would take it for octal.
            guard part.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let byte = UInt8(part),
                part.count == 1 || part.first != "0"
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func six(_ text: String) -> [UInt8]? {
        var halves = text.components(separatedBy: "::")
        guard halves.count <= 2 else { return nil }
        if halves.count == 1 { halves.append("") }
        let hasGap = text.contains("::")
        guard let left = groups(halves[0]), let right = groups(halves[1]) else { return nil }
        let missing = 16 - left.count - right.count
        guard hasGap ? missing >= 2 : missing == 0 else { return nil }
        return left + [UInt8](repeating: 0, count: missing) + right
    }

    private static func groups(_ text: String) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1 {
                guard let tail = four(String(part)) else { return nil }
                return bytes + tail
            }
            guard (1...4).contains(part.count), part.utf8.allSatisfy({ hexDigit($0) != nil }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
