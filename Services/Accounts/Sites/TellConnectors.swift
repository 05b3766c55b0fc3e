import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Jobs
import Postgres
import Telemetry

/// Tells stations whether their connectors may be used, after staff took them out of use or back: what a station was not there to
/// hear, it hears when it has returned.
struct TellConnectors: Sendable {
    let accounts: Accounts

    /// Who changes a connector tells its station; before this has passed nobody else does.
    static let grace: TimeInterval = 30

    /// How many stations have heard.
    func run() async throws -> Int {
        let (database, now) = (accounts.host.database, accounts.host.clock.now)
        let rows = try await database.run(.untoldConnectors(at: now))
        return await withTaskGroup(of: Bool.self) { group in
            for row in rows { group.addTask { await claimAndTell(row, at: now) } }
            return await group.reduce(into: 0) { count, hasHeard in count += hasHeard ? 1 : 0 }
        }
    }

    /// Of several who would tell it at once, one does; who dies over it is followed half a minute later.
    private func claimAndTell(_ row: UntoldConnector, at now: Date) async -> Bool {
        var row = row
        let end = now + Self.grace
        guard let claimed = try? await accounts.host.database.run(.claim(row, until: end)), claimed.count == 1
        else { return false }
        row.tellFrom = end
        return await tell(row, by: .system(.accounts))
    }

    /// Whether it has heard; what it answers to that is its own affair.
    func tell(_ row: UntoldConnector, by asker: Asker) async -> Bool {
        guard let point = ChargePointID(row.point) else { return false }
        let payload =
            #"{"connectorId":\#(row.number),"type":"\#(row.isOperative ? "Operative" : "Inoperative")"}"#
        do {
            do {
                _ = try await accounts.commands.send(
                    SendCall("ChangeAvailability", payload, to: point), by: asker
                ).get()
            } catch let refusal as CommandRefusal where refusal.known == .rejected {
                // A CALLERROR: there is nothing more to say to it.
            }
            try await accounts.host.database.run(.told(row))
            return true
        } catch {
            accounts.host.log.info(
                "port.availability_untold", ["charge_point": .text(point.text), "error": .text("\(error)")])
            return false
        }
    }
}

/// A connector whose station has not heard whether it may be used.
struct UntoldConnector: Row, Sendable {
    var port: ID<Port>
    var point: String
    var number: Int32
    var isOperative: Bool
    /// Which change this is about.
    var tellFrom: Date

    static let columns = "port_id, charge_point_id, number, overlay IS NULL, tell_from"
}

extension UntoldConnector {
    init(_ cells: inout Cells) throws {
        port = try cells.next()
        point = try cells.next()
        number = try cells.next()
        isOperative = try cells.next()
        tellFrom = try cells.next()
    }
}

extension Accounts {
    var connectorTelling: Job {
        let telling = TellConnectors(accounts: self)
        return Job("availability", .every(seconds: 60)) { _ in ["told": try await telling.run()] }
    }
}

extension Query where Result == [UntoldConnector] {
    /// Of stations that are there.
    fileprivate static func untoldConnectors(at now: Date) -> Self {
        """
        SELECT \(columns: UntoldConnector.self) FROM accounts.connector
        WHERE tell_from <= \(now) AND deleted_at IS NULL AND EXISTS (
            SELECT FROM gateway_view.station AS station
            WHERE station.charge_point_id = connector.charge_point_id AND station.connected_at IS NOT NULL
                AND station.disconnected_at IS NULL)
        ORDER BY port_id
        LIMIT 500
        """
    }
}

extension Query where Result == UntoldConnector? {
    static func untoldConnector(_ port: ID<Port>) -> Self {
        """
        SELECT \(columns: UntoldConnector.self) FROM accounts.connector
        WHERE port_id = \(port) AND tell_from IS NOT NULL
        """
    }
}

extension Query where Result == Void {
    /// Unless it was changed again meanwhile.
    fileprivate static func told(_ row: UntoldConnector) -> Self {
        """
        UPDATE accounts.connector SET tell_from = NULL
        WHERE port_id = \(row.port) AND tell_from = \(row.tellFrom) AND (overlay IS NULL) = \(row.isOperative)
        """
    }
}

extension Query where Result == RowCount {
    fileprivate static func claim(_ row: UntoldConnector, until end: Date) -> Self {
        """
        UPDATE accounts.connector SET tell_from = \(end)
        WHERE port_id = \(row.port) AND tell_from = \(row.tellFrom)
        """
    }
}
