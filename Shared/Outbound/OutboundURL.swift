/// What is looked at before curl gets a URL: its scheme and host. A name and password in it are refused, for they
/// would end up in logs.
struct OutboundURL {
    let isLocal: Bool

    init(_ text: String) throws(OutboundFailure) {
        // A backslash is a slash to some readers and part of the host to others.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
            let scheme = text.prefix(upTo: "://")?.lowercased()
        else { throw .malformed("the URL") }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@"), let host = Self.host(of: authority) else {
            throw .malformed("the URL")
        }
        isLocal = ["localhost", "127.0.0.1", "::1"].contains(host.lowercased())
        guard scheme == "https" || scheme == "http" && isLocal else {
            throw .malformed("the URL: only https, or http to this machine")
        }
    }

    /// A name, or a numeric address, IPv6 without brackets.
    static func isHostName(_ text: some StringProtocol) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || ".-_:".utf8.contains($0)
            }
    }

    private static func host(of authority: Substring) -> Substring? {
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            let host = authority[authority.index(after: authority.startIndex)..<close]
            return isHostName(host) ? host : nil
        }
        let host = authority.prefix { $0 != ":" }
        return isHostName(host) ? host : nil
    }
}

extension String {
    fileprivate func prefix(upTo word: String) -> Substring? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(word) { return self[..<index] }
            formIndex(after: &index)
        }
        return nil
    }
}
