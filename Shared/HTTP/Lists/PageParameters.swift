package import Core

/// A route's query with the parameters of a list among its own:
///
///     struct Search: Codable, Sendable, PageParameters {
///         var page: Int?
///         var per_page: Int?
///         var order: Page.Order?
///         var tag: Text<1, 20>?
///     }
///
/// Numbers out of range are drawn to the nearest that makes sense; what is no number, or no order, is refused.
package protocol PageParameters: Sendable {
    var page: Int? { get }
    var per_page: Int? { get }
    /// For routes that let the caller choose.
    var order: Page.Order? { get }
}

extension PageParameters {
    package var order: Page.Order? { nil }

    /// The page that is asked for; the first of the usual size when nothing is said.
    package var asked: Page { Page(number: page, size: per_page, order: order) }

    /// Nil when neither `page` nor `per_page` is there: an array is then whole.
    package var part: Page? { page == nil && per_page == nil ? nil : asked }
}

/// The query of an array that takes nothing else: `page`, `per_page`.
package struct CutQuery: Codable, PageParameters {
    package var page: Int?
    package var per_page: Int?
}

/// The query of a paged list that takes nothing else: `page`, `per_page`, `order`.
package struct PageQuery: Codable, PageParameters {
    package var page: Int?
    package var per_page: Int?
    package var order: Page.Order?
}

/// Which rows one statement reads: its LIMIT and OFFSET, and the way it runs.
package struct Cut: Equatable, Sendable {
    package let limit: Int
    package let offset: Int
    package let order: Page.Order

    /// Elements of an array that is asked for whole; no endpoint shows more at once.
    package static let most = 10_000

    /// - Parameter page: drawn within the total already; nil for the whole.
    package init(_ page: Page?, order: Page.Order?) {
        limit = page?.size ?? Self.most
        offset = page?.offset ?? 0
        self.order = page?.order ?? order ?? .descending
    }
}
