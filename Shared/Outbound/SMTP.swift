/// Where mail is handed in.
package struct SMTPServer: Sendable {
    package var host: String
    package var port: Int
    package var security: Security
    package var credentials: Credentials?
    /// How we call ourselves in EHLO.
    package var greeting: String
    package var timeout: Duration

    package init(
        host: String, port: Int = 587, security: Security = .starttls, credentials: Credentials? = nil,
        greeting: String = "localhost", timeout: Duration = .seconds(30)
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
        self.greeting = greeting
        self.timeout = timeout
    }

    /// MAIL_TLS. With `starttls` a server that does not offer it gets no mail.
    package enum Security: String, Sendable, CaseIterable {
        case none, starttls, tls
    }

    /// Never printed, not even by accident.
    package struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
        package let username: String
        package let password: String

        package init(username: String, password: String) {
            self.username = username
            self.password = password
        }

        package var description: String { "‹credentials›" }
        package var customMirror: Mirror { Mirror(self, children: []) }
    }
}

/// A message as the mail server gets it: the addresses of the envelope, and the bytes with CRLF lines.
package struct SMTPDelivery: Sendable {
    package var sender: String
    package var recipients: [String]
    package var message: [UInt8]

    package init(sender: String, recipients: [String], message: [UInt8]) {
        self.sender = sender
        self.recipients = recipients
        self.message = message
    }
}
