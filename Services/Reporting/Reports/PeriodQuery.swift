import Core
import FoundationEssentials
import HTTP

/// What the paged reports ask for; without ends they are about the last 30 days.
struct PeriodQuery: Codable, Sendable, PageParameters {
    var from: String?
    var to: String?
    var charge_point_id: String?
    var station_id: Int64?
    var lot_id: Int64?
    var page: Int?
    var per_page: Int?
    var order: Page.Order?

    func range(at now: Date) throws(ReportingRefusal) -> ReportRange {
        try ReportRange(from: from, to: to, orLast: 30, at: now)
    }
}
