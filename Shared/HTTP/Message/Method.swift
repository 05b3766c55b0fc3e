/// The methods that the suite serves, and one that stands for all others.
package enum Method: String, CaseIterable, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    /// Well-formed, and served nowhere.
    case other = "OTHER"
}
