import Mail
import Testing

@Suite struct `A letter` {
    private let letter = Letter(
        in: .cs, subject: "Účet & <kabel>",
        [
            .text("Dobrý den,\nAnno \"A\" <script>"), .code("12345678"),
            .link("Otevřít", to: "https://example.org/?a=1&b=2"), .facts([.init("Energie", "15 kWh")]),
        ])

    @Test func `reads the same as text and as HTML`() {
        #expect(letter.text.hasPrefix("Účet & <kabel>\n\nDobrý den,\nAnno"))
        #expect(letter.text.contains("    12345678\n"))
        #expect(letter.text.contains("Otevřít:\nhttps://example.org/?a=1&b=2"))
        #expect(letter.text.contains("Energie: 15 kWh"))
        #expect(letter.html.contains("<html lang=\"cs\">") && letter.html.contains(">12345678</p>"))
        #expect(letter.html.contains("href=\"https://example.org/?a=1&amp;b=2\""))
    }

    @Test func `lets nothing that somebody typed become markup`() {
        #expect(!letter.html.contains("<script>") && !letter.html.contains("<kabel>"))
        #expect(letter.html.contains("Anno &quot;A&quot; &lt;script&gt;"))
    }

    @Test func `loads nothing from elsewhere`() {
        for mark in ["<img", "<link", "src=", "url("] { #expect(!letter.html.contains(mark)) }
    }
}

@Suite struct `A language of mail` {
    @Test(arguments: [
        ("pl", MailLanguage.pl), ("CS-cz", .cs), ("de, fr;q=0.9, cs;q=0.3, pl;q=0.4", .pl),
        ("en-GB,en;q=0.9,pl;q=0.8", .en),
    ]) func `is what a reader likes best of ours`(header: String, language: MailLanguage) {
        #expect(MailLanguage(accepting: header) == language)
    }

    @Test(arguments: ["", "de", "pl;q=0", ",,;q", "*"])
    func `is none where a reader names none of ours`(header: String) {
        #expect(MailLanguage(accepting: header) == nil)
    }
}
