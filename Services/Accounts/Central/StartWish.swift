import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// A start of charging as somebody asks for it, by whichever door.
struct StartWish: Sendable {
    var point: String
    var connector: Int
    /// Nil: the caller's oldest enabled one, made where there is none.
    var tag: String?
    var car: ID<Car>?
    var target: Energy?
    var discount: String?
    var funding: String?
    var method: String?
    /// The complete RemoteStartTransaction of an operator.
    var payload: String?
}

/// Why a start or a stop is refused before any station hears of it: the checks of api.md 5.2 that accounts can make.
enum ChargingRefusal: Refusal, Equatable {
    case noSuchPoint
    case connectorNotAvailable(String)
    case siteClosed
    case tagNotUsable
    case noSuchSession
    case notAllowed
    case carNotYours
    case noMeans
    case noSuchToken
    case noHost
    case gateway(CommandRefusal)

    var problem: Problem {
        switch self {
        case .noSuchPoint: Problem(.notFound, "charge point not found")
        case .connectorNotAvailable(let why): Problem(.conflict, code: 2023, why)
        case .siteClosed: Problem(.conflict, code: 2025, "station is closed")
        case .tagNotUsable:
            Problem(.badRequest, "id_tag is not usable", errors: ["id_tag": ["must be an own, enabled tag"]])
        case .noSuchSession: Problem(.notFound, "no transaction data")
        case .notAllowed: Problem(.forbidden, "access denied")
        case .carNotYours: Problem(.notFound, "car not found")
        case .noMeans: Problem(.conflict, code: 2041, "no usable payment method")
        case .noHost: Problem(.forbidden, "no charge point is yours")
        case .noSuchToken: Problem(.notFound, "QR token not found")
        case .gateway(let refusal): refusal.problem
        }
    }
}

extension ChargingRefusal {
    /// The code under which a refused start counts as an attempt to charge; nil for a request that makes no sense.
    fileprivate var attemptCode: Int? {
        switch self {
        case .connectorNotAvailable, .siteClosed, .noMeans: problem.code
        case .gateway(let refusal) where refusal.known != .failed: refusal.code
        case .gateway, .noSuchPoint, .tagNotUsable, .noSuchSession, .notAllowed, .carNotYours, .noSuchToken,
            .noHost:
            nil
        }
    }
}

extension Query where Result == Void {
    fileprivate static func noteRefusedStart(
        _ wish: StartWish, of user: Int64, code: Int, at moment: Date
    ) -> Self {
        """
        INSERT INTO accounts.refused_start (charge_point_id, connector_id, user_id, at, code)
        VALUES (\(wish.point), \(Int32(clamping: wish.connector)), \(user), \(moment), \(Int32(clamping: code)))
        """
    }
}

extension CommandRefusal {
    /// As a client hears it.
    var problem: Problem {
        let status: Status =
            switch httpStatus {
            case 400: .badRequest
            case 503: .serviceUnavailable
            case 504: .gatewayTimeout
            default: .conflict
            }
        let word = self.status.map { $0.lowercased() == "rejected" ? "" : " (\($0))" } ?? ""
        return Problem(
            status, code: code, reason + word,
            headers: status == .serviceUnavailable ? ["Retry-After": "1"] : [:])
    }
}

/// What decides about a start at one connector.
struct StartPlace: Row, Sendable {
    var isEnabled: Bool
    var owner: Int64?
    var isConnectorActive: Bool?
    var overlay: String?
    var status: String?
    var pointStatus: String?
    var siteStatus: String?
    var opens: Int32?
    var closes: Int32?
    /// Who the connector is kept for.
    var keptFor: Int64?
    /// What the station lets begin meanwhile.
    var keptTag: String?

    static let columns = """
        point.is_enabled, point.owner_id, connector.is_active, connector.overlay, report.status, whole.status, site.status,
        (extract(epoch FROM site.opening_time) / 60)::integer, (extract(epoch FROM site.closing_time) / 60)::integer,
        kept.user_id, kept.tag
        """

    init(_ cells: inout Cells) throws {
        isEnabled = try cells.next()
        owner = try cells.next()
        isConnectorActive = try cells.next()
        overlay = try cells.next()
        status = try cells.next()
        pointStatus = try cells.next()
        siteStatus = try cells.next()
        opens = try cells.next()
        closes = try cells.next()
        keptFor = try cells.next()
        keptTag = try cells.next()
    }

    /// Throws: `ChargingRefusal.connectorNotAvailable`.
    func checkConnector(allowing allowed: Set<String>) throws(ChargingRefusal) {
        guard let isConnectorActive else { throw .connectorNotAvailable("there is no such connector") }
        guard isConnectorActive else { throw .connectorNotAvailable("connector is switched off") }
        guard overlay == nil else { throw .connectorNotAvailable("connector is in maintenance") }
        guard pointStatus != "Unavailable", pointStatus != "Faulted", allowed.contains(status ?? "Available")
        else { throw .connectorNotAvailable("connector is \(status ?? "Unavailable")") }
    }
}

extension Query where Result == StartPlace? {
    static func startPlace(_ point: String, _ connector: Int, for viewer: Viewer, at now: Date) -> Self {
        """
        SELECT \(columns: StartPlace.self)
        FROM accounts.charge_point AS point
        LEFT JOIN accounts.connector AS connector
            ON connector.charge_point_id = point.charge_point_id AND connector.number = \(Int32(clamping: connector))
                AND connector.deleted_at IS NULL
        LEFT JOIN accounts.site AS site ON site.id = point.site_id
        LEFT JOIN gateway_view.connector_status AS report
            ON report.charge_point_id = point.charge_point_id AND report.connector_id = \(Int32(clamping: connector))
        LEFT JOIN gateway_view.connector_status AS whole
            ON whole.charge_point_id = point.charge_point_id AND whole.connector_id = 0
        LEFT JOIN accounts.reservation AS kept
            ON kept.charge_point_id = point.charge_point_id AND kept.connector_id = \(Int32(clamping: connector))
                AND kept.status = 'active' AND kept.expires_at > \(now)
        WHERE point.charge_point_id = \(point) AND point.deleted_at IS NULL AND \(viewer.sees(at: now))
        """
    }
}

extension Query where Result == Bool {
    static func ownsCar(_ car: ID<Car>, _ user: Int64) -> Self {
        "SELECT EXISTS (SELECT FROM accounts.car WHERE id = \(car) AND owner_id = \(user) AND deleted_at IS NULL)"
    }
}

/// Checks a start in the order of api.md 5.2, and puts it to the gateway that holds the station.
struct BeginCharging {
    let accounts: Accounts
    let caller: Caller
    let door: Asker.Door
    let request: String?

    /// Answers the number, which is final. Throws: `ChargingRefusal`; `RedisError` where no gateway can be asked.
    func run(_ wish: StartWish) async throws -> ID<ChargingSession> {
        do {
            return try await begin(wish)
        } catch let refusal as ChargingRefusal {
            if let code = refusal.attemptCode {
                // Somebody tried in vain, and hears why; that it cannot be counted is no other answer.
                try? await accounts.host.database.run(
                    .noteRefusedStart(wish, of: caller.user, code: code, at: accounts.host.clock.now))
            }
            throw refusal
        }
    }

    private func begin(_ wish: StartWish) async throws -> ID<ChargingSession> {
        let host = accounts.host
        let viewer = Viewer(caller)
        guard let id = ChargePointID(wish.point),
            let place = try await host.database.run(
                .startPlace(wish.point, wish.connector, for: viewer, at: host.clock.now))
        else { throw ChargingRefusal.noSuchPoint }
        guard place.isEnabled else { throw ChargingRefusal.connectorNotAvailable("charge point is disabled") }
        guard try await accounts.presence.lookUp(id) != nil else { throw ChargingRefusal.gateway(.offline) }
        try check(place, wish)
        if let car = wish.car, try await !host.database.run(.ownsCar(car, caller.user)) {
            throw ChargingRefusal.carNotYours
        }
        let (tag, user) = try await tag(wish, place)
        let start = StartSession(
            at: ConnectorPlace(id, wish.connector), user: user, tag: tag, car: wish.car, target: wish.target,
            discountCode: wish.discount, funding: wish.funding, paymentMethod: wish.method,
            payload: wish.payload)
        do {
            let asker = Asker(
                user: ID(caller.user), from: .accounts, by: .known(door),
                isOperator: viewer.mayRun(ofOwner: place.owner), request: request)
            return try await accounts.commands.send(start, by: asker).get().session
        } catch let refusal as CommandRefusal {
            throw ChargingRefusal.gateway(refusal)
        }
    }

    private func check(_ place: StartPlace, _ wish: StartWish) throws(ChargingRefusal) {
        let mayUseTag = place.keptTag.map { wish.tag?.trimmed.uppercased() == $0 } ?? false
        if let driver = place.keptFor, driver != caller.user, !mayUseTag {
            throw .connectorNotAvailable("connector is reserved")
        }
        var allowed: Set = ["Available", "Preparing", "Finishing"]
        if place.keptFor != nil { allowed.insert("Reserved") }
        try place.checkConnector(allowing: allowed)
        let minute = TimeOfDay(of: accounts.host.clock.now, in: accounts.host.settings.jobsZone).minutes
        let hours = OpeningHours(opens: place.opens.map(Int.init), closes: place.closes.map(Int.init))
        guard place.siteStatus == nil || place.siteStatus == "active", hours.holds(minute) else {
            throw .siteClosed
        }
    }

    /// The tag that the station is told, and whose session it is.
    private func tag(_ wish: StartWish, _ place: StartPlace) async throws -> (String, ID<User>?) {
        let host = accounts.host
        guard let text = wish.tag else {
            // The station lets begin only what it keeps the connector for.
            if place.keptFor == caller.user, let tag = place.keptTag { return (tag, ID(caller.user)) }
            return (try await ownTag(), ID(caller.user))
        }
        guard let word = TagWord(text) else { throw ChargingRefusal.tagNotUsable }
        let row = try await host.database.run(.tag(word))
        let isUsable = row.map { $0.isEnabled && ($0.expiresAt.map { $0 > host.clock.now } ?? true) } ?? false
        if let row, isUsable, row.user?.number == caller.user { return (word.text, row.user) }
        // Staff and the point's host may start with anybody's tag, or with one that nobody knows.
        guard Viewer(caller).mayRun(ofOwner: place.owner), row == nil || isUsable else {
            throw ChargingRefusal.tagNotUsable
        }
        return (word.text, row?.user)
    }

    private func ownTag() async throws -> String {
        try await accounts.tagForStart(of: ID(caller.user))
    }
}

extension Accounts {
    /// The oldest enabled tag of somebody; one is made where there is none: 20 upper-case hexadecimal digits, source `AP`
    /// (api.md 5.3).
    func tagForStart(of user: ID<User>) async throws -> String {
        let host = host
        if let tag = try await host.database.run(.usableTag(of: user, at: host.clock.now)) { return tag.word }
        guard let word = TagWord(String(RandomText.deviceToken().prefix(20))) else {
            preconditionFailure("hexadecimal digits are a tag")
        }
        let (tag, event) = try await host.database.transaction { transaction -> (String, TagChanged?) in
            let now = host.clock.now
            // Of two starts at once, the second finds the first's.
            try await transaction.run(.holdTags(of: user))
            if let tag = try await transaction.run(.usableTag(of: user, at: now)) { return (tag.word, nil) }
            _ = try await transaction.run(.enter(word, of: user, source: "AP", at: now))
            let event = TagChanged(word.text, of: user, at: now)
            try await transaction.run(.announce(event))
            return (word.text, event)
        }
        if let event { host.bus.publish(event) }
        return tag
    }
}

/// A session as those who would end or watch it need it.
struct WatchedSession: Row, Sendable {
    var number: ID<ChargingSession>
    var point: String
    var connector: Int32
    var user: Int64?
    var owner: Int64?
    var isFinished: Bool
    var status: String
    var endReason: String?

    static let columns = """
        session_id, charge_point_id, connector_id, user_id, owner_id, is_finished, status, end_reason
        """

    init(_ cells: inout Cells) throws {
        number = try cells.next()
        point = try cells.next()
        connector = try cells.next()
        user = try cells.next()
        owner = try cells.next()
        isFinished = try cells.next()
        status = try cells.next()
        endReason = try cells.next()
    }

    func isFor(_ caller: Caller) -> Bool { user == caller.user || owner == caller.user || caller.isPower }
}

extension Query where Result == WatchedSession? {
    static func watchedSession(_ number: Int64) -> Self {
        "SELECT \(columns: WatchedSession.self) FROM gateway_view.session WHERE session_id = \(number)"
    }
}

/// Asks the station of a session to end it.
struct EndCharging {
    let accounts: Accounts
    let caller: Caller
    let door: Asker.Door
    let request: String?

    /// Throws: `ChargingRefusal`; `RedisError` where no gateway can be asked.
    ///
    /// - Parameter point: where the session must be; nil for anywhere.
    func run(_ number: Int64, on place: String? = nil) async throws -> WatchedSession {
        guard let session = try await accounts.host.database.run(.watchedSession(number)),
            session.isFor(caller), place == nil || place == session.point,
            let point = ChargePointID(session.point)
        else { throw ChargingRefusal.noSuchSession }
        guard !session.isFinished else {
            throw ChargingRefusal.gateway(CommandRefusal(.carBusyOrSessionOver, "session has ended"))
        }
        let asker = Asker(
            user: ID(caller.user), from: .accounts, by: .known(door),
            isOperator: Viewer(caller).mayRun(ofOwner: session.owner), request: request)
        do {
            _ = try await accounts.commands.send(StopSession(session.number, on: point), by: asker).get()
        } catch let refusal as CommandRefusal {
            throw ChargingRefusal.gateway(refusal)
        }
        return session
    }
}
