import Core

/// The ways from one page of an array to the others: the path as it was asked for, with everything else of its query.
struct PageLinks {
    private let path: String
    private let kept: [Substring]

    init(_ request: Request) {
        path = Self.safe(request.path[...])
        kept = request.query.split(separator: "&").filter { pair in
            let name = pair.prefix { $0 != "=" }
            // A name may be written with escapes; one that cannot be read has not got this far.
            return !["page", "per_page"].contains(PercentCoding.decode(name, plusIsBlank: true))
        }
    }

    func headers(_ page: Page, total: Int) -> Headers {
        let last = max(page.pages(of: total), 1)
        var links = [link(to: 1, page, "first")]
        if page.number > 1 { links.append(link(to: page.number - 1, page, "prev")) }
        if page.number < last { links.append(link(to: page.number + 1, page, "next")) }
        links.append(link(to: last, page, "last"))
        return Headers([("X-Total-Count", String(total)), ("Link", links.joined(separator: ", "))])
    }

    private func link(to number: Int, _ page: Page, _ relation: String) -> String {
        let pairs = kept.map(Self.safe) + ["page=\(number)", "per_page=\(page.size)"]
        return "<\(path)?\(pairs.joined(separator: "&"))>; rel=\"\(relation)\""
    }

    /// What came in a request line may hold an angle bracket or a quote, and with it would write links of its own.
    private static func safe(_ text: Substring) -> String {
        String(text).replacing("<", with: "%3C").replacing(">", with: "%3E").replacing("\"", with: "%22")
    }
}
