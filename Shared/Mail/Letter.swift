/// What a person is written, once for both forms that a mail has: a heading and what stands below it.
///
///     Letter(in: .cs, subject: "Nové heslo", [.text("Zadejte tento kód:"), .code("12345678")])
package struct Letter: Equatable, Sendable {
    package enum Piece: Equatable, Sendable {
        case text(String)
        /// To be typed somewhere: large, and apart from the rest.
        case code(String)
        /// To be followed: a button, and the address in full for whom it does not work.
        case link(String, to: String)
        /// Names and values, one a line.
        case facts([Fact])
    }

    package struct Fact: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var language: MailLanguage
    package var subject: String
    package var pieces: [Piece]

    package init(in language: MailLanguage, subject: String, _ pieces: [Piece]) {
        self.language = language
        self.subject = subject
        self.pieces = pieces
    }

    private var reason: String {
        language.choose(
            en: "You get this mail because you have an account at VoltBus. It was sent by a machine.",
            pl: "Otrzymujesz tę wiadomość, ponieważ masz konto w VoltBus. Wysłał ją automat.",
            cs: "Tento e-mail dostáváte, protože máte účet ve VoltBusu. Odeslal jej automat.")
    }

    /// For readers that show no HTML.
    package var text: String {
        let body = pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .code(let code): "    \(code)"
            case .link(let label, let address): "\(label):\n\(address)"
            case .facts(let facts): facts.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            }
        }
        return ([subject] + body + ["-- \n\(reason)"]).joined(separator: "\n\n") + "\n"
    }

    /// Nothing in it is loaded from elsewhere, and nothing that somebody was called or typed can become markup.
    package var html: String {
        let body = pieces.map { piece in
            switch piece {
            case .text(let text): "<p>\(text.escaped.replacing("\n", with: "<br>"))</p>"
            case .code(let code):
                "<p style=\"font-size:28px;font-family:monospace;letter-spacing:4px;margin:24px 0\">\(code.escaped)</p>"
            case .link(let label, let address):
                """
                <p style="margin:24px 0"><a href="\(address.escaped)" style="background:#0b6e4f;color:#fff;\
                padding:12px 20px;border-radius:6px;text-decoration:none">\(label.escaped)</a></p>
                <p style="font-size:12px;color:#555">\(address.escaped)</p>
                """
            case .facts(let facts):
                "<table style=\"border-collapse:collapse\">\n"
                    + facts.map { fact in
                        """
                        <tr><td style="padding:4px 16px 4px 0;color:#555">\(fact.name.escaped)</td>\
                        <td style="padding:4px 0">\(fact.value.escaped)</td></tr>

                        """
                    }.joined() + "</table>"
            }
        }
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
            <title>\(subject.escaped)</title></head>
            <body style="margin:0;background:#f2f4f3;font-family:sans-serif;color:#1b1f1d">
            <div style="max-width:560px;margin:0 auto;padding:32px 24px;background:#fff">
            <h1 style="font-size:22px;margin:0 0 16px">\(subject.escaped)</h1>
            \(body.joined(separator: "\n"))
            <p style="margin-top:32px;font-size:12px;color:#555">\(reason.escaped)</p>
            </div>
            </body>
            </html>

            """
    }
}

extension String {
    /// As it stands in HTML, also between quotes.
    fileprivate var escaped: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
