import Contracts
import Core
import FoundationEssentials
import Postgres

/// What the registry says of a charge point: read at its handshake and again when its entry changes.
struct Station: Row, Equatable, Sendable {
    var id: ChargePointID
    var isEnabled: Bool
    var isDeleted: Bool
    var registration: String
    var securityProfile: Int16
    var defaultProtocol: String?
    var owner: Int64?
    var powerLimitW: Int32?
    var wantsTriggers: Bool
    /// Of its connection passwords: the newest first, then one that holds until the newest has been used.
    var passwordHashes: [String]
    /// Whether the newest is a key that the station took (`AuthorizationKey`), not the registry's.
    var hasOwnKey: Bool
    /// Numbers of the connectors that are entered.
    var connectors: [Int32]

    static let columns = """
        point.charge_point_id, point.is_enabled, point.is_deleted, point.registration, point.security_profile,
        point.default_protocol, point.owner_id, point.power_limit_w, point.trigger_message,
        CASE
            WHEN known.password_set_at > coalesce(password.set_at, '-infinity')
                THEN array_remove(ARRAY[known.password_hash, known.password_before], NULL)
            ELSE array_remove(ARRAY[password.hash], NULL)
        END,
        coalesce(known.password_set_at > coalesce(password.set_at, '-infinity'), false),
        ARRAY(
            SELECT connector.connector_id FROM accounts_view.connector AS connector
            WHERE connector.charge_point_id = point.charge_point_id AND NOT connector.is_deleted
        )
        """

    init(_ cells: inout Cells) throws {
        id = try Self.identity(cells.next())
        isEnabled = try cells.next()
        isDeleted = try cells.next()
        registration = try cells.next()
        securityProfile = try cells.next()
        defaultProtocol = try cells.next()
        owner = try cells.next()
        powerLimitW = try cells.next()
        wantsTriggers = try cells.next()
        passwordHashes = try cells.next()
        hasOwnKey = try cells.next()
        connectors = try cells.next()
    }

    /// A point that the registry does not have yet, by UNKNOWN_CHARGE_POINTS.
    init(unknown id: ChargePointID, mustBeApproved: Bool) {
        self.id = id
        isEnabled = true
        isDeleted = false
        registration = mustBeApproved ? "pending" : "approved"
        securityProfile = 0
        wantsTriggers = false
        passwordHashes = []
        hasOwnKey = false
        connectors = []
    }

    var isApproved: Bool { registration == "approved" }
    var isRejected: Bool { registration == "rejected" }

    private static func identity(_ text: String) throws -> ChargePointID {
        guard let id = ChargePointID(text) else { throw UnusableIdentity() }
        return id
    }
}

/// The registry holds an identity that its own constraint forbids.
struct UnusableIdentity: Error {}

extension Query where Result == Station? {
    static func station(_ id: ChargePointID) -> Self {
        """
        SELECT \(columns: Station.self)
        FROM accounts_view.charge_point AS point
        LEFT JOIN accounts_view.connection_password AS password ON password.charge_point_id = point.charge_point_id
        LEFT JOIN gateway.station AS known ON known.charge_point_id = point.charge_point_id
        WHERE point.charge_point_id = \(id.text)
        """
    }
}

extension Query where Result == Int64 {
    static var nextGeneration: Self { "SELECT nextval('gateway.connection_generation')" }
}

/// A connection as the table of stations has it.
struct StationPresence: Sendable {
    let id: ChargePointID
    let generation: Int64
    let version: String
    let gateway: String
}

extension Query where Result == RowCount {
    /// No row when a newer connection has been written down already.
    static func connected(_ presence: StationPresence, at now: Date, aliveUntil end: Date) -> Self {
        """
        INSERT INTO gateway.station AS known (charge_point_id, generation, protocol_version, gateway, connected_at,
            last_seen_at, offline_after)
        VALUES (\(presence.id.text), \(presence.generation), \(presence.version), \(presence.gateway), \(now), \(now),
            \(end))
        ON CONFLICT (charge_point_id) DO UPDATE
        SET generation = excluded.generation, protocol_version = excluded.protocol_version, gateway = excluded.gateway,
            connected_at = excluded.connected_at, disconnected_at = NULL, last_seen_at = excluded.last_seen_at,
            offline_after = excluded.offline_after
        WHERE known.generation < excluded.generation
        """
    }

    /// The late end of an older connection changes nothing.
    static func disconnected(_ id: ChargePointID, generation: Int64, at now: Date) -> Self {
        """
        UPDATE gateway.station SET disconnected_at = \(now)
        WHERE charge_point_id = \(id.text) AND generation = \(generation) AND disconnected_at IS NULL
        """
    }
}

/// A sign of life of one connection.
struct SignOfLife: Sendable {
    let id: String
    let generation: Int64
    let seen: Date
    let aliveUntil: Date
}

extension Query where Result == Void {
    static func alive(_ signs: [SignOfLife]) -> Self {
        """
        UPDATE gateway.station AS known
        SET last_seen_at = sign.seen, offline_after = sign.alive_until
        FROM unnest(\(each: signs, \.id), \(each: signs, \.generation), \(each: signs, \.seen),
            \(each: signs, \.aliveUntil)) AS sign (id, generation, seen, alive_until)
        WHERE known.charge_point_id = sign.id AND known.generation = sign.generation
        """
    }
}
