package import Core
package import FoundationEssentials

/// A charge point is connected.
package struct StationConnected: Event {
    package static let kind = "station.connected"
    package static let channel = Channel.station

    package var chargePoint: ChargePointID
    /// Such as `ocpp1.6`.
    package var version: String
    /// Of the connection: a gateway that holds an older one lets it go.
    package var generation: Int64?
    package var at: Date

    package init(_ chargePoint: ChargePointID, version: String, generation: Int64, at date: Date) {
        self.chargePoint = chargePoint
        self.version = version
        self.generation = generation
        at = date
    }
}

/// A charge point is gone: its connection ended, or it said nothing for too long.
package struct StationDisconnected: Event {
    package static let kind = "station.disconnected"
    package static let channel = Channel.station

    package var chargePoint: ChargePointID
    package var at: Date

    package init(_ chargePoint: ChargePointID, at date: Date) {
        self.chargePoint = chargePoint
        at = date
    }
}

/// What a charge point said of itself at BootNotification.
package struct StationBooted: Event {
    package static let kind = "station.booted"
    package static let channel = Channel.station

    package var chargePoint: ChargePointID
    package var vendor: String
    package var model: String
    package var serialNumber: String?
    package var firmware: String?
    package var at: Date

    package init(
        _ chargePoint: ChargePointID, vendor: String, model: String, serialNumber: String?, firmware: String?,
        at date: Date
    ) {
        self.chargePoint = chargePoint
        self.vendor = vendor
        self.model = model
        self.serialNumber = serialNumber
        self.firmware = firmware
        at = date
    }
}

/// A line of the system log was written: for operators who watch it live.
package struct StationLogged: Event {
    package static let kind = "station.logged"
    package static let channel = Channel.station

    /// Nil for a line about no charge point.
    package var chargePoint: ChargePointID?
    /// The OCPP action or the part of the suite that speaks.
    package var feature: String
    package var text: String
    package var importance: Open<Importance>
    package var at: Date

    package enum Importance: String, CaseIterable, Codable, Sendable {
        case info = " "
        case warning = "?"
        case error = "!"
        case traffic = "-"
    }

    package init(
        _ chargePoint: ChargePointID?, feature: String, text: String, importance: Open<Importance>,
        at date: Date
    ) {
        self.chargePoint = chargePoint
        self.feature = feature
        self.text = text
        self.importance = importance
        at = date
    }
}

/// A charge point that the registry lacks has come: it waits for an operator, or is served at once, as
/// UNKNOWN_CHARGE_POINTS says. accounts makes the entry.
package struct PointReported: LoggedEvent {
    package static let kind = "station.point-reported"
    package static let channel = Channel.station
    package static let owner = Service.gateway

    package var chargePoint: ChargePointID
    package var mustBeApproved: Bool
    package var at: Date

    package init(_ chargePoint: ChargePointID, mustBeApproved: Bool, at date: Date) {
        self.chargePoint = chargePoint
        self.mustBeApproved = mustBeApproved
        at = date
    }

    package var subject: String { chargePoint.text }
}

/// A connector that the registry lacks has spoken: accounts makes the entry, unpriced.
package struct ConnectorReported: LoggedEvent {
    package static let kind = "station.connector-reported"
    package static let channel = Channel.station
    package static let owner = Service.gateway

    package var place: ConnectorPlace
    package var at: Date

    package init(_ place: ConnectorPlace, at date: Date) {
        self.place = place
        at = date
    }

    package var subject: String { "\(place.chargePoint)#\(place.number)" }
}

/// A tag that nobody knows was presented: accounts makes the entry, unassigned.
package struct TagReported: LoggedEvent {
    package static let kind = "station.tag-reported"
    package static let channel = Channel.station
    package static let owner = Service.gateway

    package var tag: String
    /// What stood before a colon in what the station sent.
    package var source: String?
    package var chargePoint: ChargePointID
    package var isEnabled: Bool
    package var at: Date

    package init(
        tag: String, source: String?, at chargePoint: ChargePointID, isEnabled: Bool, _ date: Date
    ) {
        self.tag = tag
        self.source = source
        self.chargePoint = chargePoint
        self.isEnabled = isEnabled
        at = date
    }

    package var subject: String { tag }
}

/// A station took a new connection password (`AuthorizationKey`). The password itself never travels: what is needed to
/// check it is in `gateway_view`.
package struct KeyAccepted: LoggedEvent {
    package static let kind = "station.key-accepted"
    package static let channel = Channel.station
    package static let owner = Service.gateway

    package var chargePoint: ChargePointID
    package var at: Date

    package init(_ chargePoint: ChargePointID, at date: Date) {
        self.chargePoint = chargePoint
        at = date
    }

    package var subject: String { chargePoint.text }
}
