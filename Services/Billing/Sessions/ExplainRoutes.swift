import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff

/// A bill line by line: from which numbers, by which rule, and how it was rounded.
struct ExplanationBody: Codable, Equatable, Sendable {
    var transaction_id: Int64
    /// As it was fixed at the start.
    var price: FrozenPrice
    var readings: Measured
    var lines: [Line]
    var rounding: String
    var total: Int64
    /// SHA-256 over the fixed price, what was measured and the total: the same as long as nobody touched them.
    var hash: String

    struct Measured: Codable, Equatable, Sendable {
        var count: Int64
        @OrNull var started_at: Date?
        @OrNull var ended_at: Date?
        var meter_start: Int64
        var meter_stop: Int64
        var energy_wh: Int64
        var seconds: Int64
    }

    struct Line: Codable, Equatable, Sendable {
        var part: String
        var reckoning: String
        var amount: Int64
    }
}

extension Billing {
    @RouteTable var explainRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/transactions/info/:id/explain", explainSession)
            .failing("Failed to explain transaction").summary("A session's bill, line by line").needs(.user)
        Route(.get, "/api/v1/transactions/info/:id/receipt", showReceipt).failing("Failed to get receipt")
            .summary("A session's bill for people").needs(.user)
    }

    /// Throws: `BillingRefusal`.
    private func endedSession(_ path: NumberPath, _ caller: Caller) async throws -> (SessionRow, EndedSession)
    {
        let row = try await ownSession(try path.number, caller)
        guard row.isFinished, let ended = try await host.database.run(.endedSession(ID(row.number))) else {
            throw BillingRefusal.unfinished
        }
        return (row, ended)
    }

    func explainSession(_ call: Call<NumberPath, None, None>) async throws -> OK<ExplanationBody> {
        let (row, ended) = try await endedSession(call.path, call.identified)
        let cost = ended.cost
        let explanation = cost.explained(by: ended.price)
        let seconds = ended.duration.components.seconds
        let measured =
            "energy \(cost.energy.wattHours)\nseconds \(seconds)\ntotal \(cost.total.minorUnits)\n"
        return OK(
            ExplanationBody(
                transaction_id: row.number, price: ended.price,
                readings: .init(
                    count: try await host.database.run(.countReadings(of: row.number)),
                    started_at: ended.startedAt, ended_at: ended.endedAt, meter_start: row.meterStart,
                    meter_stop: row.meterStop ?? row.meterStart + row.energy,
                    energy_wh: cost.energy.wattHours,
                    seconds: seconds),
                lines: explanation.lines.map {
                    .init(part: $0.part.rawValue, reckoning: $0.reckoning, amount: $0.amount.minorUnits)
                },
                rounding: "Each part is cut to whole minor units; a discount is rounded half up.",
                total: cost.total.minorUnits,
                hash: Hex.text(SHA256.hash(ended.price.canonicalBytes + Array(measured.utf8)))))
    }

    func showReceipt(_ call: Call<NumberPath, None, None>) async throws -> HTML {
        let (row, ended) = try await endedSession(call.path, call.identified)
        guard row.user == call.identified.user || call.identified.isAdmin else {
            throw BillingRefusal.noSuchSession
        }
        let buyer = try await host.database.run(.buyer(row.user ?? 0))
        return HTML(Receipt(row: row, ended: ended, language: buyer?.language ?? "en").page)
    }
}

extension NumberPath {
    /// Throws: `BillingRefusal.notANumber`.
    var number: Int64 {
        get throws(BillingRefusal) {
            guard let number = Int64(id), id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .notANumber(String(id.prefix(40)))
            }
            return number
        }
    }
}

extension Query where Result == Int64 {
    fileprivate static func countReadings(of session: Int64) -> Self {
        """
        SELECT count(*) FROM gateway_view.reading
        WHERE session_id = \(session) AND grade IN ('good', 'repaired')
        """
    }
}
