import Core
import FoundationEssentials
import Hosting
import Jobs
import Postgres
import Telemetry

/// Whoever has an invoice of a session gets another one by itself for what is changed later: a corrective one for money that
/// goes back, a supplementary one for more that is paid.
struct FollowUpInvoices {
    let billing: Billing

    static let mostAtOnce = 200

    /// Answers how many were issued.
    func run() async throws -> Int {
        let issue = IssueInvoice(billing: billing)
        var issued = 0
        for entry in try await billing.host.database.run(.entriesToFollowUp(limit: Self.mostAtOnce)) {
            do {
                if try await issue.run(entry: entry).isNew { issued += 1 }
            } catch {
                // One entry's trouble is not the others'; it is tried again a minute later.
                billing.host.log.warning(
                    "invoice.follow_up_failed", ["entry": .integer(entry), "error": .text("\(error)")])
            }
        }
        return issued
    }
}

extension Query where Result == [Int64] {
    /// Oldest first, so that a later one can name the one before.
    fileprivate static func entriesToFollowUp(limit: Int) -> Self {
        """
        SELECT entry.id
        FROM billing.ledger_entry AS entry
        WHERE entry.type IN ('Payment', 'Refund') AND entry.subject = 'charging' AND entry.amount <> 0
            AND entry.charging_id IS NOT NULL
            AND EXISTS (
                SELECT FROM billing.invoice AS earlier
                WHERE earlier.charging_id = entry.charging_id AND earlier.ledger_entry_id < entry.id)
            AND NOT EXISTS (SELECT FROM billing.invoice AS own WHERE own.ledger_entry_id = entry.id)
        ORDER BY entry.id
        LIMIT \(limit)
        """
    }
}
