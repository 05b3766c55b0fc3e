import Core
import Glibc
package import Outbound

/// Sends mail one way or the other: to a mail server, or as files into a folder where there is none.
package struct MailSender: Sendable {
    private let way: Way

    private enum Way: Sendable {
        case server(SMTPServer, Outbound)
        case outbox(folder: String, BlockingGate)
    }

    package init(server: SMTPServer, through outbound: Outbound) {
        way = .server(server, outbound)
    }

    /// Files `<time>-<id>.eml`, which every mail program opens. The folder is made when it is missing.
    package init(outbox folder: String) {
        way = .outbox(folder: folder, .threads(name: "outbox", width: 1, capacity: 1024))
    }

    package func send(_ mail: OutgoingMail) async throws {
        switch way {
        case .server(let server, let outbound):
            try await outbound.deliver(
                SMTPDelivery(sender: mail.sender, recipients: mail.recipients, message: mail.message),
                to: server)
        case .outbox(let folder, let gate):
            try await gate.run { try OutboxFile(of: mail, in: folder).write() }
        }
    }
}

/// A mail that could not be put into the outbox folder.
package struct OutboxFailure: Error, Equatable, CustomStringConvertible {
    package let step: String
    package let code: Int32

    package var description: String { "outbox: cannot \(step): \(String(cString: strerror(code)))" }
}

/// Appears under its name only when it is complete and on disk: whoever watches the folder never reads half a mail.
private struct OutboxFile {
    let folder: String
    let name: String
    let bytes: [UInt8]

    init(of mail: OutgoingMail, in folder: String) {
        self.folder = folder
        let id = String(
            decoding: mail.id.utf8.filter { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) }, as: UTF8.self)
        name = "\(MailDate(mail.date).compact)-\(id)"
        bytes = mail.message
    }

    func write() throws(OutboxFailure) {
        try makeFolder()
        let hidden = "\(folder)/.\(name).\(getpid())"
        do {
            try fill(hidden)
            try check(rename(hidden, "\(folder)/\(name).eml"), "rename the file")
        } catch {
            unlink(hidden)
            throw error
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private func fill(_ path: String) throws(OutboxFailure) {
        // Only the owner reads mail: it may hold codes.
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try check(file, "create the file")
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            try check(Int32(clamping: count), "write the file")
            written += count
        }
        try check(fsync(file), "write the file")
    }

    private func makeFolder() throws(OutboxFailure) {
        var path = folder.hasPrefix("/") ? "" : "."
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o750) != 0, errno != EEXIST {
                throw OutboxFailure(step: "make the folder", code: errno)
            }
        }
    }

    private func check(_ result: Int32, _ step: String) throws(OutboxFailure) {
        if result < 0 { throw OutboxFailure(step: step, code: errno) }
    }
}
