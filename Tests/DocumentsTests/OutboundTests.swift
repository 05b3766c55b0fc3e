import Outbound
import TestSupport
import Testing

@Suite struct `An outbound request` {
    @Test(arguments: [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://user:secret@example.org/",
        "example.org",
        "https://", "https:///x", "https://exa mple.org", "https://example.org/\r\nX: y",
        "gopher://localhost/",
        "http://localhost@example.org/", "http://127.0.0.1.example.org/", "http://[::2]/",
        "https://example.org\\@evil.org/",
    ])
    func `goes nowhere but to https`(url: String) async {
        await #expect { try await Outbound().send(OutboundRequest(.get, url)) } throws: { error in
            guard case .malformed? = error as? OutboundFailure else { return false }
            return true
        }
    }

    @Test(arguments: [("X\r\nY", "z"), ("X", "y\r\nZ: w"), ("", "y"), ("X:", "y")])
    func `carries no header within a header`(name: String, value: String) async {
        await #expect(throws: OutboundFailure.malformed("a header")) {
            try await Outbound().send(OutboundRequest(.get, "https://example.org/", headers: [(name, value)]))
        }
    }

    @Test(arguments: ["a@b.org>\r\nRCPT TO:<c@d.org", "a b@c.org", "no-at", "", "ä@b.org"])
    func `mails no address that is a command`(address: String) async {
        let delivery = SMTPDelivery(sender: "a@example.org", recipients: [address], message: [])

        await #expect(throws: OutboundFailure.malformed("an address")) {
            try await Outbound().deliver(delivery, to: SMTPServer(host: "localhost", port: 1))
        }
    }

    @Test func `says that nobody is there`() async {
        // Port 1 of this machine: refused at once, without any network.
        await #expect { try await Outbound().send(OutboundRequest(.get, "http://127.0.0.1:1/")) } throws: {
            error in
            guard case .unreachable? = error as? OutboundFailure else { return false }
            return true
        }
    }

    @Test func `never prints credentials`() {
        let server = SMTPServer(
            host: "mail.example.org", credentials: .init(username: "anna", password: "geheim"))

        #expect(!"\(server)".contains("geheim"))
        #expect(!String(reflecting: server).contains("geheim"))
        var dumped = ""
        dump(server, to: &dumped)
        #expect(!dumped.contains("geheim"))
    }
}
