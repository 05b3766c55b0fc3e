package import Core
package import FoundationEssentials

/// A connector, by the identity of its point and the number that OCPP gives it; 0 is the whole point.
package struct ConnectorPlace: Codable, Hashable, Sendable {
    package var chargePoint: ChargePointID
    package var number: Int

    package init(_ chargePoint: ChargePointID, _ number: Int) {
        self.chargePoint = chargePoint
        self.number = number
    }
}

/// What a connector does, in OCPP's words.
package enum ConnectorStatus: String, CaseIterable, Codable, Sendable {
    case available = "Available"
    case preparing = "Preparing"
    case charging = "Charging"
    case suspendedByCar = "SuspendedEV"
    case suspendedByStation = "SuspendedEVSE"
    case finishing = "Finishing"
    case reserved = "Reserved"
    case unavailable = "Unavailable"
    case faulted = "Faulted"
}

/// A connector's status as last reported: the event of a change, and what `vb:connectors:<id>` mirrors.
package struct ConnectorState: Codable, Equatable, Sendable {
    package var status: Open<ConnectorStatus>
    /// OCPP's error code; nil for `NoError`.
    package var errorCode: String?
    package var info: String?
    package var vendorID: String?
    /// By the station's clock where it can be believed, else by ours.
    package var since: Date
    /// The unfinished session on it.
    package var session: ID<ChargingSession>?

    package init(
        status: Open<ConnectorStatus>, errorCode: String? = nil, info: String? = nil, vendorID: String? = nil,
        since: Date, session: ID<ChargingSession>? = nil
    ) {
        self.status = status
        self.errorCode = errorCode
        self.info = info
        self.vendorID = vendorID
        self.since = since
        self.session = session
    }
}

package struct ConnectorChanged: Event {
    package static let kind = "connector.changed"
    package static let channel = Channel.connector

    package var place: ConnectorPlace
    package var state: ConnectorState
    /// The status before; nil for the first report.
    package var previous: Open<ConnectorStatus>?

    package init(_ place: ConnectorPlace, _ state: ConnectorState, previous: Open<ConnectorStatus>? = nil) {
        self.place = place
        self.state = state
        self.previous = previous
    }
}
