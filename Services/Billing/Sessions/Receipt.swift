import Core
import FoundationEssentials
import Tariff

/// A session's bill as a page that a person keeps.
struct Receipt: Sendable {
    let row: SessionRow
    let ended: EndedSession
    let language: String

    var page: String {
        let (cost, words) = (ended.cost, InvoiceWords.of(language))
        let lines = cost.explained(by: ended.price).lines.map { line in
            "<tr><td>\(Self.escaped(line.reckoning))</td><td>\(line.amount.decimal)</td></tr>"
        }
        let place = [row.title, row.address].filter { !$0.isEmpty }.joined(separator: ", ")
        let times = [ended.startedAt, ended.endedAt].compactMap { $0 }.map { Timestamp.text($0) }
        return """
            <!doctype html><html lang="\(Self.escaped(language))"><meta charset="utf-8"><title>\(words.session) \(row.number)</title>
            <style>body{font:16px sans-serif;max-width:40em;margin:2em auto}td{padding:.3em 1em .3em 0}
            td:last-child{text-align:right}tr:last-child{font-weight:bold}</style>
            <h1>\(words.session) \(row.number)</h1>
            <p>\(Self.escaped(place.isEmpty ? row.point : place))<br>\(times.joined(separator: " – "))</p>
            <table>\(lines.joined())<tr><td>\(words.total)</td><td>\(cost.total.decimal) \(cost.total.currency.code)</td></tr></table>
            </html>
            """
    }

    /// Titles and addresses are what somebody typed.
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
