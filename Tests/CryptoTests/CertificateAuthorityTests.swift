import Crypto
import Foundation
import TestSupport
import Testing

/// Certificates that openssl, the program, has to accept.
@Suite struct `An authority for stations` {
    private static let now = Date()

    /// Runs openssl in a folder of the test's own.
    private struct Desk {
        let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "voltbus-ca.\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        @discardableResult
        func openssl(_ arguments: String...) throws -> (status: Int32, output: String) {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = folder
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let said = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: said, as: UTF8.self))
        }

        func read(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }

        func authority(_ algorithm: [String] = ["rsa:2048"]) throws -> CertificateAuthority {
            try openssl(
                "req", "-x509", "-newkey", algorithm[0], "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                "-days",
                "2", "-subj", "/CN=VoltBus stations")
            return try CertificateAuthority(certificate: read("ca.pem"), key: read("ca.key"))
        }

        func request(for name: String, key: String = "rsa:2048") throws -> String {
            try openssl(
                "req", "-new", "-newkey", key, "-nodes", "-keyout", "own.key", "-out", "own.csr", "-subj",
                "/CN=\(name)")
            return try read("own.csr")
        }
    }

    @Test(arguments: ["rsa:2048", "ed25519"]) func `makes certificates that prove a station`(key: String)
        throws
    {
        let desk = try Desk()
        let authority = try desk.authority()

        let issued = try authority.sign(request: desk.request(for: "CP1", key: key), for: "CP1", at: Self.now)

        try Data(issued.chain.utf8).write(to: desk.folder.appending(path: "chain.pem"))
        let verified = try desk.openssl("verify", "-purpose", "sslclient", "-CAfile", "ca.pem", "chain.pem")
        #expect(verified.status == 0)
        #expect(issued.chain.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
        let shown = try desk.openssl("x509", "-in", "chain.pem", "-noout", "-subject", "-serial", "-text")
            .output
        #expect(shown.contains("CN = CP1"))
        #expect(shown.contains("TLS Web Client Authentication"))
        #expect(shown.contains("CA:FALSE"))
        let serial = try #require(shown.firstMatch(of: /serial=([0-9A-F]+)/)).1
        #expect(issued.serialNumber.drop { $0 == "0" } == serial.drop { $0 == "0" })
    }

    @Test func `never gives a number twice`() throws {
        let desk = try Desk()
        let authority = try desk.authority()
        let request = try desk.request(for: "CP1")

        let numbers = try (0..<20).map { _ in
            try authority.sign(request: request, for: "CP1", at: Self.now).serialNumber
        }

        #expect(Set(numbers).count == 20)
    }

    @Test func `signs for nobody else, and nothing weak`() throws {
        let desk = try Desk()
        let authority = try desk.authority()

        #expect(throws: CertificateAuthority.Refusal.otherName("CP2")) {
            try authority.sign(request: desk.request(for: "CP2"), for: "CP1", at: Self.now)
        }
        #expect(throws: CertificateAuthority.Refusal.weakKey) {
            try authority.sign(request: desk.request(for: "CP1", key: "rsa:1024"), for: "CP1", at: Self.now)
        }
        #expect(throws: CertificateAuthority.Refusal.unreadable) {
            try authority.sign(request: "no request", for: "CP1", at: Self.now)
        }
    }

    @Test func `proves that the asker has the key`() throws {
        let desk = try Desk()
        let authority = try desk.authority()
        let request = try desk.request(for: "CP1")
        // The last bytes of the base 64 are of the signature.
        var lines = request.split(separator: "\n").map(String.init)
        let place = lines.count - 2
        lines[place] = String(lines[place].map { $0 == "A" ? "B" : $0 == "=" ? "=" : "A" })

        #expect(throws: (any Error).self) {
            try authority.sign(request: lines.joined(separator: "\n") + "\n", for: "CP1", at: Self.now)
        }
    }

    @Test func `is not made of a key of another certificate, nor of one that may not sign`() throws {
        let desk = try Desk()
        _ = try desk.authority()
        let (certificate, key) = (try desk.read("ca.pem"), try desk.read("ca.key"))
        _ = try desk.request(for: "CP1")
        let other = try desk.read("own.key")
        #expect(throws: CryptoFailure.self) { try CertificateAuthority(certificate: certificate, key: other) }
        let authority = try CertificateAuthority(certificate: certificate, key: key)
        let issued = try authority.sign(request: desk.read("own.csr"), for: "CP1", at: Self.now)
        #expect(throws: CryptoFailure.self) {
            try CertificateAuthority(certificate: issued.chain, key: other)
        }
    }
}
