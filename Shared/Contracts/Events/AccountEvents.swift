package import Core
package import FoundationEssentials

/// A login session is over before its time: its WebSockets are closed. Requests need no event, they read the session.
package struct LoginRevoked: LoggedEvent {
    package static let kind = "account.login-revoked"
    package static let channel = Channel.account
    package static let owner = Service.accounts

    package var login: ID<LoginSession>
    package var user: ID<User>
    package var at: Date

    package init(_ login: ID<LoginSession>, of user: ID<User>, at date: Date) {
        self.login = login
        self.user = user
        at = date
    }

    package var subject: String { "\(login)" }
}

/// A login is in use, told by the service that saw it, at most about once an hour: accounts moves its last use, and with
/// it the end of a device token. Lost ones are told again by the next request.
package struct LoginUsed: Event {
    package static let kind = "account.login-used"
    package static let channel = Channel.account

    package var login: ID<LoginSession>
    package var at: Date

    package init(_ login: ID<LoginSession>, at date: Date) {
        self.login = login
        at = date
    }
}

/// What a user may do has changed: role, level, state, or a grant for a point.
package struct RightsChanged: LoggedEvent {
    package static let kind = "account.rights"
    package static let channel = Channel.account
    package static let owner = Service.accounts

    package var user: ID<User>
    /// The one point that it is about; nil for all.
    package var chargePoint: ChargePointID?
    package var at: Date

    package init(of user: ID<User>, on chargePoint: ChargePointID? = nil, at date: Date) {
        self.user = user
        self.chargePoint = chargePoint
        at = date
    }

    package var subject: String { "\(user)" }
}

/// A tag was made, changed, disabled or given to somebody: local lists follow.
package struct TagChanged: LoggedEvent {
    package static let kind = "account.tag"
    package static let channel = Channel.account
    package static let owner = Service.accounts

    package var tag: String
    package var user: ID<User>?
    package var at: Date

    package init(_ tag: String, of user: ID<User>?, at date: Date) {
        self.tag = tag
        self.user = user
        at = date
    }

    package var subject: String { tag }
}

/// The price of a site, a connector or a slot changed. Running sessions keep theirs.
package struct PriceChanged: LoggedEvent {
    package static let kind = "account.price"
    package static let channel = Channel.account
    package static let owner = Service.accounts

    package var site: ID<Site>?
    package var port: ID<Port>?
    package var at: Date

    package init(site: ID<Site>?, port: ID<Port>?, at date: Date) {
        self.site = site
        self.port = port
        at = date
    }

    package var subject: String { port.map { "port:\($0)" } ?? site.map { "site:\($0)" } ?? "" }
}

/// The entry of a charge point changed: its gateway reads it anew and asserts what belongs on the station.
package struct PointChanged: LoggedEvent {
    package static let kind = "account.point"
    package static let channel = Channel.account
    package static let owner = Service.accounts

    package var chargePoint: ChargePointID
    package var change: Open<Change>
    package var at: Date

    package enum Change: String, CaseIterable, Codable, Sendable {
        case entered, edited, approved, rejected, deleted
    }

    package init(_ chargePoint: ChargePointID, _ change: Open<Change>, at date: Date) {
        self.chargePoint = chargePoint
        self.change = change
        at = date
    }

    package var subject: String { chargePoint.text }
}

/// A setting of the platform that others read has changed. Whoever missed it reads it anew at its next start.
package struct SettingChanged: Event {
    package static let kind = "account.setting"
    package static let channel = Channel.account

    package var name: String

    package init(_ name: String) {
        self.name = name
    }
}

/// Somebody left a parking spot; a cost above nothing is to be booked.
package struct ParkingEnded: LoggedEvent {
    package static let kind = "account.parking-ended"
    package static let channel = Channel.account
    package static let owner = Service.accounts

    package var reservation: ID<ParkingReservation>
    package var lot: ID<ParkingLot>
    package var user: ID<User>
    package var cost: Money
    /// Such as `Central Square-12`: what the ledger's entry is called after.
    package var spot: String
    package var at: Date

    package init(
        _ reservation: ID<ParkingReservation>, lot: ID<ParkingLot>, user: ID<User>, cost: Money, spot: String,
        at date: Date
    ) {
        self.reservation = reservation
        self.lot = lot
        self.user = user
        self.cost = cost
        self.spot = spot
        at = date
    }

    package var subject: String { "\(reservation)" }
}
