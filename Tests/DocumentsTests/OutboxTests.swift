import FoundationEssentials
import Glibc
import Mail
import TestSupport
import Testing

@Suite struct `The outbox` {
    @Test func `holds each message as a file that only its owner reads`() async throws {
        let folder = TemporaryFolder.make()
        defer { folder.remove() }
        let mail = OutgoingMail(
            id: "17/../x", date: moment("2026-11-20T10:30:00Z"), sender: "a@example.org",
            recipients: ["b@example.org"],
            message: Array("Subject: x\r\n\r\nbody\r\n".utf8))

        try await MailSender(outbox: "\(folder.path)/deep/outbox").send(mail)

        let file = "\(folder.path)/deep/outbox/20261120T103000Z-17x.eml"
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/deep/outbox") == [
                "20261120T103000Z-17x.eml"
            ])
        #expect(FileManager.default.contents(atPath: file).map(Array.init) == mail.message)
        var status = stat()
        #expect(stat(file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `says which step failed`() async throws {
        let mail = OutgoingMail(
            id: "1", date: moment("2026-11-20T10:30:00Z"), sender: "", recipients: [], message: [])

        await #expect(throws: OutboxFailure.self) {
            try await MailSender(outbox: "/proc/none/outbox").send(mail)
        }
    }
}

private struct TemporaryFolder {
    let path: String

    static func make() -> Self {
        Self(path: FileManager.default.temporaryDirectory.path + "/voltbus-outbox-\(UUID().uuidString)")
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)  // the system's folder is emptied anyway
    }
}
