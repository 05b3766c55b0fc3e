package import FoundationEssentials

/// A document before it is printed: a value, made by whoever knows the contents, printed by a `PDFPress`.
///
/// The same document gives the same bytes with the same fonts: its date is part of it, and nothing random is.
package struct PDFDocument: Sendable {
    package var title: String
    package var author: String
    /// BCP 47: chooses between the national shapes of letters and tells readers aloud how to read.
    package var language: String
    package var created: Date
    package var paper: Paper
    package var footer: Footer?
    /// Repeated on top of every page but the first.
    package var runningHead: StyledText?
    package var body: [Block]

    package init(
        title: String, author: String, language: String, created: Date, paper: Paper = .a4,
        footer: Footer? = nil,
        runningHead: StyledText? = nil, @BlockBuilder _ body: () -> [Block]
    ) {
        self.title = title
        self.author = author
        self.language = language
        self.created = created
        self.paper = paper
        self.footer = footer
        self.runningHead = runningHead
        self.body = body()
    }

    /// Sizes in points, 72 an inch.
    package struct Paper: Sendable {
        package var width: Double
        package var height: Double
        package var margin: Double

        package init(width: Double, height: Double, margin: Double) {
            self.width = width
            self.height = height
            self.margin = margin
        }

        /// 210 × 297 mm with 20 mm around.
        package static let a4 = Paper(width: 595.276, height: 841.89, margin: 56.693)
        package static let a4Landscape = Paper(width: 841.89, height: 595.276, margin: 56.693)
    }

    /// The line at the foot of every page.
    package struct Footer: Sendable {
        package var text: StyledText
        /// With `{page}` and `{pages}` where the numbers belong; nil prints none.
        package var numbering: String?

        package init(_ text: StyledText = "", numbering: String? = "{page} / {pages}") {
            self.text = text
            self.numbering = numbering
        }
    }
}
