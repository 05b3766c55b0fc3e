/// What a route sends that is no JSON. The answer's type and the API's document come from one place.
package protocol FileKind: Sendable {
    /// The media types that it may have; the usual one first.
    static var mediaTypes: [String] { get }
}

package enum PDFFile: FileKind { package static let mediaTypes = ["application/pdf"] }
package enum XMLFile: FileKind { package static let mediaTypes = ["application/xml"] }
package enum CSVFile: FileKind { package static let mediaTypes = ["text/csv; charset=utf-8"] }
package enum ZIPFile: FileKind { package static let mediaTypes = ["application/zip"] }
package enum GzipFile: FileKind { package static let mediaTypes = ["application/gzip"] }
/// Somebody's photograph, as it was stored.
package enum PhotoFile: FileKind { package static let mediaTypes = ["image/jpeg", "image/png"] }
/// A drawing that the service makes.
package enum DrawingFile: FileKind { package static let mediaTypes = ["image/svg+xml"] }
