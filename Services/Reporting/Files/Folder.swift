import Glibc

/// A folder that holds what can be made again, or archives. Everything in it has a plain name and is its owner's alone.
struct Folder: Sendable {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    struct Failure: Error {
        let step: String
        let code: Int32
    }

    /// Where a file of that name is; makes the folder.
    func path(of name: String) throws(Failure) -> String {
        var place = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            place += "/\(part)"
            if mkdir(place, 0o750) != 0, errno != EEXIST {
                throw Failure(step: "make the folder", code: errno)
            }
        }
        return "\(path)/\(name)"
    }

    /// Whether it was there does not matter.
    func remove(_ name: String) {
        guard Self.isPlain(name) else { return }
        unlink("\(path)/\(name)")
    }

    /// A name and nothing that leads elsewhere.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
    }
}
