import Core
import Crypto

/// A `.tar.gz` that somebody hands us: read once from end to end before anything is believed.
package struct BackupArchive {
    package let path: String
    package let manifest: BackupManifest

    /// The manifest is small; what is larger is not one of ours.
    private static let longestManifest = 64 * 1_024 * 1_024

    /// Throws: `BackupFailure` unless every file that the manifest names is there, whole and unchanged.
    package init(reading path: String) throws {
        self.path = path
        var found: [String: (bytes: Int64, rows: Int64, sha256: String)] = [:]
        var text: [UInt8]?
        let reader = try ArchiveReader(path)
        while let header = try reader.next() {
            if header.name == BackupManifest.fileName {
                guard header.fileSize <= Self.longestManifest else {
                    throw BackupFailure.damaged("a manifest too long")
                }
                var bytes: [UInt8] = []
                while case let piece = try reader.read(), !piece.isEmpty { bytes += piece }
                text = bytes
            } else {
                let digest = SHA256.Running()
                var rows: Int64 = 0
                while case let piece = try reader.read(), !piece.isEmpty {
                    rows += Int64(piece.count { $0 == UInt8(ascii: "\n") })
                    digest.add(Array(piece))
                }
                found[header.name] = (header.fileSize, rows, digest.finish())
            }
        }
        guard let text else { throw BackupFailure.damaged("it has no \(BackupManifest.fileName)") }
        let manifest: BackupManifest
        do { manifest = try JSONReader.decode(BackupManifest.self, from: text) } catch {
            throw BackupFailure.damaged("its \(BackupManifest.fileName) cannot be read")
        }
        guard manifest.format <= BackupManifest.currentFormat else {
            throw BackupFailure.newerFormat(manifest.format)
        }
        for table in manifest.tables {
            guard let file = found.removeValue(forKey: table.file) else {
                throw BackupFailure.damaged("\(table.file) is missing")
            }
            guard file.bytes == table.bytes, file.rows == table.rows, file.sha256 == table.sha256 else {
                throw BackupFailure.damaged("\(table.file) is not what the manifest says")
            }
        }
        if let stranger = found.keys.min() {
            throw BackupFailure.damaged("\(stranger) is not in the manifest")
        }
        self.manifest = manifest
    }
}
