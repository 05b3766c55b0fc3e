import HTTP
import Testing

@Suite struct `A caller's address` {
    private typealias Network = TrustedProxies.Network

    @Test(arguments: [
        ("203.0.113.1", "198.51.100.9", "203.0.113.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "198.51.100.9, 10.0.0.2", "198.51.100.9"),
        // Whoever writes the left part is not the proxy.
        ("10.0.0.1", "1.1.1.1, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        ("10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.9:4711", "198.51.100.9"),
        ("10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9"),
        ("10.0.0.1", "2001:db8::9", "2001:db8::9"),
        ("fd00::1", "::ffff:198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "010.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("::ffff:203.0.113.1", "198.51.100.9", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.9, ,", "198.51.100.9"),
    ])
    func `is the last one that no trusted proxy added`(peer: String, field: String, client: String) throws {
        let proxies = TrustedProxies(try ["10.0.0.0/8", "fd00::/8"].map { try #require(Network($0)) })
        let headers = Headers(field.isEmpty ? [] : [("X-Forwarded-For", field)])
        #expect(proxies.client(of: peer, headers) == client)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "::/129", "proxy.example", "1.2.3.4/"])
    func `is not read from settings that mean nothing`(text: String) {
        #expect(Network(text) == nil)
    }
}
