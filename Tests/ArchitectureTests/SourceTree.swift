import Foundation

/// The package's own sources, read as text.
enum SourceTree {
    /// The folder that holds `Package.swift`.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File: Sendable {
        /// Relative to the root, such as `Shared/Core/ID.swift`.
        let path: String
        let lines: [String]
    }

    /// Every Swift file below the folders named.
    static func files(in folders: String...) throws -> [File] {
        var found: [File] = []
        for folder in folders {
            let base = root.appending(path: folder)
            guard let paths = FileManager.default.enumerator(atPath: base.path()) else { continue }
            for case let path as String in paths where path.hasSuffix(".swift") {
                let text = try String(contentsOf: base.appending(path: path), encoding: .utf8)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                found.append(File(path: "\(folder)/\(path)", lines: lines))
            }
        }
        return found
    }
}
