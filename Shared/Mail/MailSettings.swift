package import Outbound
package import Settings

/// How a service's mail leaves: over a mail server, or into a folder where there is none.
package struct MailSettings: ReadableSettings, Sendable {
    package let sender: Mailbox
    package let server: SMTPServer?
    package let outbox: String

    package init(_ read: inout SettingsReader) {
        outbox = read.text(
            "OUTBOX_FOLDER", otherwise: "data/outbox", "where mail stays as .eml while MAIL_HOST is not set")
        let host = read.optionalText(
            "MAIL_HOST", expected: "a host name, or nothing", "SMTP server; none keeps mail in OUTBOX_FOLDER"
        ) { !$0.contains(" ") && !$0.contains("/") }
        let port = read.number("MAIL_PORT", in: 1...65_535, otherwise: 587, "its port")
        let username = read.optionalText(
            "MAIL_USERNAME", expected: "a user name, or nothing", "who logs in there"
        ) { !$0.isEmpty }
        let password = read.optionalSecret("MAIL_PASSWORD", atLeast: 1, "their password")
        let security: SMTPServer.Security = read.choice(
            "MAIL_TLS", otherwise: .starttls, "how the connection is kept private")
        sender = read.value(
            "MAIL_DEFAULT_SENDER", otherwise: "voltbus@localhost", expected: "an e-mail address",
            "whom mail comes from"
        ) { Mailbox(name: "VoltBus", address: $0) }
        if (username == nil) != (password == nil) {
            read.complain(
                "MAIL_USERNAME", "is set without MAIL_PASSWORD, or the other way round",
                expected: "both or none")
        }
        guard let host else {
            server = nil
            return
        }
        var reached = SMTPServer(host: host, port: port, security: security)
        if let username, let password {
            reached.credentials = .init(username: username, password: password.reveal { $0 })
        }
        server = reached
    }

    package func makeSender() -> MailSender {
        server.map { MailSender(server: $0, through: Outbound()) } ?? MailSender(outbox: outbox)
    }
}
