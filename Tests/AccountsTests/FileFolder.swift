import Foundation

/// A folder of one test's own, gone with the value.
final class FileFolder: Sendable {
    private let url: URL

    var path: String { url.path() }

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Answers the path.
    func write(_ text: String, to name: String) throws -> String {
        let file = url.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path()
    }
}
