import Contracts
import Core
import FoundationEssentials
import Postgres
import Sites

/// A charge point as its owner or an operator configured it, and the rules of changing it (api.md 1.6, 2.2.6, 2.2.7).
struct ConfiguredPoint: Row, Equatable, Sendable {
    var id: String
    var title: String
    var description: String
    var address: String
    var latitude: Double?
    var longitude: Double?
    var owner: Int64?
    var site: Int64?
    var isEnabled: Bool
    var accessLevel: Int16
    var powerLimitW: Int32?
    var smartCharging: Bool
    var triggerMessage: Bool
    var registration: String
    var securityProfile: Int16
    var defaultProtocol: String?

    static let columns = """
        charge_point_id, title, description, address, latitude, longitude, owner_id, site_id, is_enabled, access_level,
        power_limit_w, smart_charging, trigger_message, registration, security_profile, default_protocol
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        title = try cells.next()
        description = try cells.next()
        address = try cells.next()
        latitude = try cells.next()
        longitude = try cells.next()
        owner = try cells.next()
        site = try cells.next()
        isEnabled = try cells.next()
        accessLevel = try cells.next()
        powerLimitW = try cells.next()
        smartCharging = try cells.next()
        triggerMessage = try cells.next()
        registration = try cells.next()
        securityProfile = try cells.next()
        defaultProtocol = try cells.next()
    }

    /// A host's point is private at the top level until the host decides otherwise.
    init(_ id: String, title: String, ownedBy owner: Int64?) {
        self.id = id
        self.title = title
        self.owner = owner
        description = ""
        address = ""
        isEnabled = true
        accessLevel = owner == nil ? 0 : 10
        smartCharging = false
        triggerMessage = false
        registration = Registration.approved.rawValue
        securityProfile = owner == nil ? 0 : 1
    }

    /// Takes over what a change says, or says why not; then nothing is taken over.
    mutating func apply(_ change: ChargePointChange, by viewer: Viewer, isAdmin: Bool) throws(SiteRefusal) {
        var next = self
        if let sent = change.charge_point_id, sent.text != id { throw .identityDiffers }
        try next.applyRights(change, viewer, isAdmin)
        try next.applyAccess(change, viewer, isAdmin)
        next.title = change.title?.text ?? title
        next.description = change.description?.text ?? description
        next.address = change.address?.text ?? address
        next.isEnabled = change.is_enabled ?? isEnabled
        next.smartCharging = change.smart_charging ?? smartCharging
        next.triggerMessage = change.trigger_message ?? triggerMessage
        next.powerLimitW = change.power_limit.map { Int32($0.number) }.applied(to: powerLimitW)
        try next.applyPlace(change)
        if let numbers = change.connectors?.map(\.connector_id.number), Set(numbers).count < numbers.count {
            throw .invalid(field: "connectors", "must not name one connector twice")
        }
        self = next
    }

    private mutating func applyPlace(_ change: ChargePointChange) throws(SiteRefusal) {
        if let place = change.location {
            guard (-90...90).contains(place.latitude) else {
                throw .invalid(field: "location.latitude", "must be from -90 to 90")
            }
            guard (-180...180).contains(place.longitude) else {
                throw .invalid(field: "location.longitude", "must be from -180 to 180")
            }
            latitude = place.latitude
            longitude = place.longitude
        }
        site = change.station_id.map(\.number).applied(to: site)
        switch change.location_id {
        case nil: break
        case "": site = nil
        case .some(let text):
            guard let number = Int64(text), number > 0 else {
                throw .invalid(field: "location_id", "must be the number of a station")
            }
            site = number
        }
    }

    /// Fields that not every owner may write.
    private mutating func applyRights(
        _ change: ChargePointChange, _ viewer: Viewer, _ isAdmin: Bool
    ) throws(SiteRefusal) {
        if change.owner_id != .absent {
            guard isAdmin else { throw .onlyForAdmin("owner_id") }
            owner = change.owner_id.map(\.number).applied(to: owner)
        }
        if let registration = change.registration {
            guard viewer.isPower else { throw .onlyForPower("registration") }
            self.registration = registration.rawValue
        }
        if change.default_protocol != .absent {
            guard viewer.isPower else { throw .onlyForPower("default_protocol") }
            defaultProtocol = change.default_protocol.map(\.rawValue).applied(to: defaultProtocol)
        }
        if let profile = change.security_profile {
            guard viewer.isPower else { throw .onlyForPower("security_profile") }
            securityProfile = Int16(profile.number)
        }
        guard let needsPassword = change.password_required else { return }
        let hasPassword = securityProfile == 1 || securityProfile == 2
        if change.security_profile != nil, needsPassword != hasPassword {
            throw .invalid(field: "password_required", "contradicts security_profile")
        }
        guard needsPassword != hasPassword else { return }
        // A host's wallbox always has its password.
        guard viewer.isPower else { throw .onlyForPower("password_required") }
        securityProfile = needsPassword ? 1 : 0
    }

    /// Public is level 0, private a level above it.
    private mutating func applyAccess(
        _ change: ChargePointChange, _ viewer: Viewer, _ isAdmin: Bool
    ) throws(SiteRefusal) {
        let level = change.access_level.map { Int16($0.number) }
        let wanted: Int16? =
            switch (change.access_type, level) {
            case (nil, let level): level
            case (.public, nil), (.public, 0): 0
            case (.private, nil): accessLevel == 0 ? 10 : accessLevel
            case (.private, let level?) where level > 0: level
            case (.public, _), (.private, _): throw .accessContradicts
            }
        guard let wanted, wanted != accessLevel else { return }
        // The host's own point may always be closed again to what a new one has.
        guard isAdmin || wanted <= Int16(viewer.level) || (owner == viewer.user && wanted == 10) else {
            throw .levelAboveOwn
        }
        accessLevel = wanted
    }
}
