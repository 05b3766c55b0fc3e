/// Which part of a list is asked for. Numbers out of range are drawn to the nearest that makes sense.
package struct Page: Equatable, Sendable {
    package enum Order: String, CaseIterable, Codable, Sendable {
        case ascending = "asc"
        case descending = "desc"
    }

    /// From 1.
    package let number: Int
    /// 1 to 100.
    package let size: Int
    package let order: Order

    package static let standardSize = 10
    package static let largestSize = 100

    package init(number: Int? = nil, size: Int? = nil, order: Order? = nil) {
        self.number = max(number ?? 1, 1)
        self.size = size.map { $0 < 1 ? Self.standardSize : min($0, Self.largestSize) } ?? Self.standardSize
        self.order = order ?? .descending
    }

    /// The page that is shown when there are `total` items: past the end it is the last one.
    package func within(total: Int) -> Page {
        Page(number: min(number, max(pages(of: total), 1)), size: size, order: order)
    }

    /// Items before this page. Large enough numbers cannot overflow: no list is that long.
    package var offset: Int {
        (number - 1).multipliedReportingOverflow(by: size).overflow ? .max : (number - 1) * size
    }

    package func pages(of total: Int) -> Int {
        total / size + (total.isMultiple(of: size) ? 0 : 1)
    }
}

/// One page of a list, as the API shows it.
package struct Paged<Item: Codable & Sendable>: Codable, Sendable {
    package var items: [Item]
    package var pagination: Pagination

    package struct Pagination: Codable, Equatable, Sendable {
        package var page: Int
        package var per_page: Int
        package var total_items: Int
        package var total_pages: Int
        package var has_next: Bool
        package var has_prev: Bool
    }

    /// - Parameter page: drawn within the total already.
    package init(_ items: [Item], page: Page, total: Int) {
        self.items = items
        let pages = page.pages(of: total)
        pagination = Pagination(
            page: page.number, per_page: page.size, total_items: total, total_pages: pages,
            has_next: page.number < pages, has_prev: page.number > 1)
    }
}
