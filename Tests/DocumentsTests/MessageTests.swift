import FoundationEssentials
import Mail
import TestSupport
import Testing

@Suite struct `A message` {
    private let sender = Mailbox(name: "VoltBus", address: "voltbus@example.org")
    private let anna = Mailbox(name: "Anna Nováková", address: "anna@example.org")

    private func message(
        subject: String = "Receipt", text: String = "Hello", html: String? = nil,
        attachments: [Message.Attachment] = [], name: String = "Anna"
    ) throws -> String {
        let message = Message(
            id: "812.a", date: moment("2026-11-20T10:30:00Z"), from: try #require(sender),
            to: [try #require(Mailbox(name: name, address: "anna@example.org"))], subject: subject,
            text: text, html: html,
            attachments: attachments)
        return String(decoding: message.bytes, as: UTF8.self)
    }

    @Test func `has the headers of RFC 5322`() throws {
        #expect(
            try message() == """
                Date: Fri, 20 Nov 2026 10:30:00 +0000\r
                From: VoltBus <voltbus@example.org>\r
                To: Anna <anna@example.org>\r
                Subject: Receipt\r
                Message-ID: <812.a@example.org>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                Hello\r

                """)
    }

    @Test func `encodes what is not ASCII, never within a character`() throws {
        let subject = String(repeating: "Příliš žluťoučký kůň 🔌 ", count: 6)

        let lines = try message(subject: subject).components

        let words = lines.joined().matches(of: #/=\?utf-8\?B\?([A-Za-z0-9+\/=]+)\?=/#)
        #expect(words.count > 3)
        #expect(words.allSatisfy { $0.0.count <= 60 })
        let decoded = words.map {
            String(decoding: Data(base64Encoded: String($0.1)) ?? Data(), as: UTF8.self)
        }
        #expect(decoded.joined() == subject)
    }

    @Test(arguments: [
        "x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\u{2028}Bcc: evil@example.org", "x\u{0}y",
    ])
    func `lets nobody add a header`(text: String) throws {
        let head = try message(subject: text, name: text).split(separator: "\r\n\r\n")[0]

        #expect(!head.contains("\r\nBcc"))
        #expect(!head.contains("\nBcc"))
        #expect(!head.utf8.contains(0))
    }

    @Test(arguments: [
        ("a@b@c.org"), ("no-at.org"), ("a@"), ("@b.org"), ("a b@c.org"), ("a@b.org>"), ("a\r\n@b.org"),
        ("a@-b.org"),
        ("a@b..org"), (".a@b.org"), ("ä@b.org"), ("a@" + String(repeating: "b", count: 260) + ".org"),
    ])
    func `goes to no address that is none`(address: String) {
        #expect(Mailbox(address: address) == nil)
    }

    @Test(arguments: [
        ("Anna", "Anna <"), ("Anna N.", "\"Anna N.\" <"), ("A \"B\" \\C", "\"A \\\"B\\\" \\\\C\" <"),
        ("=?utf-8?q?x?=", "=?utf-8?B?"),
    ])
    func `names people as headers allow`(name: String, start: String) throws {
        let line = try #require(try message(name: name).components.first { $0.hasPrefix("To: ") })

        #expect(line.dropFirst(4).hasPrefix(start))
    }

    @Test(arguments: [
        ("a=b", "a=3Db"), ("tail \nx", "tail=20\r\nx"), ("žá", "=C5=BE=C3=A1"), (".", "=2E"),
        ("From here", "=46rom here"),
        ("a\r\nb\rc\nd", "a\r\nb\r\nc\r\nd"), ("", ""), ("tab\tin", "tab\tin"), ("end\t", "end=09"),
    ])
    func `writes its text in quoted-printable`(text: String, encoded: String) throws {
        let body = try #require(
            try message(text: text).split(
                separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false
            ).last)

        #expect(body == encoded + "\r\n")
    }

    @Test func `keeps every line short`() throws {
        let long = String(repeating: "Příliš žluťoučký kůň. ", count: 300)

        let lines = try message(
            subject: long, text: long + String(repeating: "x", count: 3_000), html: "<p>\(long)</p>",
            attachments: [
                .init(name: long, type: "application/pdf", bytes: Array(repeating: 7, count: 10_000))
            ],
            name: "Anna " + long
        ).components

        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
    }

    @Test func `offers plain text, HTML and files in their order`() throws {
        let text = try message(
            html: "<p>Hello</p>",
            attachments: [.init(name: "účet 1.pdf", type: "application/pdf", bytes: Array("%PDF".utf8))])

        let types = text.components.filter { $0.hasPrefix("Content-Type: ") }.map { $0.dropFirst(14) }
        #expect(
            types == [
                "multipart/mixed; boundary=\"=_m.812.a\"", "multipart/alternative; boundary=\"=_a.812.a\"",
                "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/pdf",
            ])
        #expect(text.contains("filename*=utf-8''%C3%BA%C4%8Det%201.pdf"))
        #expect(text.contains("\r\nJVBERg==\r\n"))
        #expect(
            text.hasSuffix(
                "--=_a.812.a--\r\n--=_m.812.a\r\nContent-Type: application/pdf\r\n"
                    + (text.components(after: "Content-Type: application/pdf\r\n"))))
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", "Thu, 1 Jan 1970 00:00:00 +0000"),
        ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
        ("2026-11-21T01:47:41Z", "Sat, 21 Nov 2026 01:47:41 +0000"),
        ("1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
    ])
    func `is dated in UTC`(time: String, header: String) throws {
        let message = Message(
            id: "1", date: moment(time), from: try #require(sender), to: [], subject: "", text: "")

        #expect(String(decoding: message.bytes, as: UTF8.self).hasPrefix("Date: \(header)\r\n"))
    }
}

extension String {
    fileprivate var components: [Substring] { split(separator: "\r\n", omittingEmptySubsequences: false) }

    fileprivate func components(after mark: String) -> Substring {
        split(separator: mark, omittingEmptySubsequences: false).last ?? ""
    }
}

@Suite struct `The retry schedule of mail` {
    @Test func `tries five times more and then gives up`() {
        let delays = (1...6).map { RetrySchedule.mail.delay(after: $0) }

        #expect(delays.prefix(5).allSatisfy { $0 != nil })
        #expect(delays[5] == nil)
        #expect(RetrySchedule.mail.delay(after: 0) == nil)
    }
}
