/// A language that people are written in.
package enum MailLanguage: String, CaseIterable, Codable, Sendable {
    case en, pl, cs

    /// One text in each: with a language more, whoever forgets a translation is told by the compiler.
    package func choose(en: String, pl: String, cs: String) -> String {
        switch self {
        case .en: en
        case .pl: pl
        case .cs: cs
        }
    }

    /// What an `Accept-Language` header (RFC 9110 §12.5.4) likes best of these; nil where it names none of them.
    package init?(accepting header: String) {
        var best: (language: MailLanguage, weight: Double)?
        for range in header.split(separator: ",").prefix(20) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let tag = parts.first?.split(separator: "-").first,
                let language = MailLanguage(rawValue: tag.lowercased())
            else { continue }
            let weight =
                parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if weight > best?.weight ?? 0 { best = (language, weight) }
        }
        guard let best else { return nil }
        self = best.language
    }
}
