/// What cairo cannot say about a document is appended to it.
struct PDFUpdate {
    private let original: [UInt8]

    init(of original: [UInt8]) {
        self.original = original
    }

    /// With the language of its text in the catalogue, for readers aloud, and with dates that begin as §7.9.4 wants
    /// them. The document stays as it is when it does not end like one of cairo's: both are a help, not a need.
    func completed(language: String) -> [UInt8] {
        guard let revision = PDFRevision(original) else { return original }
        var changed: [(number: Int, bytes: [UInt8])] = []
        if let information = revision.information, let text = revision.object(information) {
            changed.append((information, Array(text.replacing("Date (2", with: "Date (D:2").utf8)))
        }
        if language.utf8.allSatisfy(\.isInLanguageTag),
            let catalogue = revision.object(revision.root, adding: "   /Lang (\(language))")
        {
            changed.append((revision.root, Array(catalogue.utf8)))
        }
        return changed.isEmpty
            ? original : revision.appending(changed, information: revision.information)
    }
}

extension UInt8 {
    /// BCP 47: letters, digits and hyphens.
    fileprivate var isInLanguageTag: Bool {
        (0x61...0x7A).contains(self | 0x20) || (0x30...0x39).contains(self) || self == UInt8(ascii: "-")
    }
}
