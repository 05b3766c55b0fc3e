import Postgres

/// What searches by text look through. Each has a trigram index over the very same expression (v0014_search.sql).
enum Searched {
    case sites, chargePoints, people, questions

    private var text: SQL {
        switch self {
        case .sites: "lower(site.name || E'\\n' || site.address || E'\\n' || coalesce(site.city, ''))"
        case .chargePoints:
            """
            lower(point.charge_point_id || E'\\n' || point.title || E'\\n' || point.description || E'\\n'
                || point.address)
            """
        case .people:
            """
            lower(account.username || E'\\n' || account.email || E'\\n' || account.name || E'\\n'
                || coalesce(account.first_name, '') || E'\\n' || coalesce(account.last_name, ''))
            """
        case .questions: "lower(faq.question || E'\\n' || faq.answer)"
        }
    }

    /// Whether `part` stands somewhere in it, in any case.
    func holds(_ part: String) -> SQL {
        var pattern = "%"
        for scalar in part.unicodeScalars {
            // They would stand for anything.
            if scalar == "%" || scalar == "_" || scalar == "\\" { pattern.unicodeScalars.append("\\") }
            pattern.unicodeScalars.append(scalar)
        }
        return "\(text) LIKE lower(\(pattern + "%"))"
    }
}
