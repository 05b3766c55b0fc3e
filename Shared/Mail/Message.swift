package import FoundationEssentials

/// A mail as people think of it; `bytes` is what RFC 5322 and 2045–2047 make of it.
///
/// Nothing in it can become a header of its own: names and subjects lose their line ends, addresses were checked.
package struct Message: Sendable {
    /// The left part of the Message-ID, unique for ever: letters, digits, `.`, `-` and `_`.
    package var id: String
    package var date: Date
    package var sender: Mailbox
    package var recipients: [Mailbox]
    package var replyTo: Mailbox?
    package var subject: String
    package var text: String
    package var html: String?
    package var attachments: [Attachment]

    package init(
        id: String, date: Date, from sender: Mailbox, to recipients: [Mailbox], replyTo: Mailbox? = nil,
        subject: String, text: String, html: String? = nil, attachments: [Attachment] = []
    ) {
        self.id = String(
            decoding: id.utf8.filter { $0.isASCIIAlphanumeric || "._-".utf8.contains($0) }, as: UTF8.self)
        self.date = date
        self.sender = sender
        self.recipients = recipients
        self.replyTo = replyTo
        self.subject = subject
        self.text = text
        self.html = html
        self.attachments = attachments
    }

    package struct Attachment: Sendable {
        package var name: String
        /// Such as `application/pdf`; what is not of that shape is sent as `application/octet-stream`.
        package var type: String
        package var bytes: [UInt8]

        package init(name: String, type: String, bytes: [UInt8]) {
            self.name = name
            self.type = type
            self.bytes = bytes
        }
    }
}

extension Message {
    /// With CRLF lines of at most 998 bytes, almost all below 78; the same for the same message.
    package var bytes: [UInt8] {
        var headers = HeaderLines()
        headers.add("Date", MailDate(date).header)
        headers.add("From", sender.header)
        headers.add("To", recipients.map(\.header).joined(separator: ", "))
        if let replyTo { headers.add("Reply-To", replyTo.header) }
        headers.add("Subject", EncodedWord.text(subject.withoutControls))
        headers.add("Message-ID", "<\(id)@\(sender.domain)>")
        // RFC 3834: no holiday notice shall answer a machine.
        headers.add("Auto-Submitted", "auto-generated")
        headers.add("MIME-Version", "1.0")
        return headers.bytes + content.bytes
    }

    private var content: MIMEPart {
        var part = MIMEPart.text(text, subtype: "plain")
        if let html {
            part = .parts(
                [part, .text(html, subtype: "html")], subtype: "alternative", boundary: "=_a.\(id)")
        }
        guard !attachments.isEmpty else { return part }
        return .parts([part] + attachments.map(MIMEPart.init), subtype: "mixed", boundary: "=_m.\(id)")
    }
}
