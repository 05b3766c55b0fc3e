import HTTP

/// Every "no" about stations, charge points and connectors.
enum SiteRefusal: Refusal, Equatable {
    case noSuchPoint
    case noSuchSite
    case noSuchConnector
    /// Known, but looked after by somebody else.
    case notYours
    case identityDiffers
    case identityTaken
    case accessContradicts
    case levelAboveOwn
    case onlyForPower(String)
    case onlyForAdmin(String)
    case tooManyPoints(Int)
    case sessionGoesOn
    case isReserved
    case siteHasPoints
    case positionIncomplete
    case notOneChargePoint
    case connectorTaken
    case alreadyShared
    case noSuchGrant
    case invalid(field: String, String)
    case several(InvalidRequest)

    var problem: Problem {
        switch self {
        case .noSuchPoint: Problem(.notFound, "charge point not found")
        case .noSuchSite: Problem(.notFound, "station not found")
        case .noSuchConnector: Problem(.notFound, "connector not found")
        case .notYours: Problem(.forbidden, "insufficient permissions")
        case .identityDiffers:
            Problem(
                .badRequest, "charge_point_id differs from the path",
                errors: ["charge_point_id": ["must equal the one in the path"]])
        case .identityTaken:
            Problem(
                .badRequest, "charge_point_id already exists",
                errors: ["charge_point_id": ["already exists"]])
        case .accessContradicts:
            Problem(
                .badRequest, "access_type and access_level contradict each other",
                errors: ["non_field_errors": ["public means level 0, private a level above"]])
        case .levelAboveOwn: Problem(.forbidden, "access_level is above your own")
        case .onlyForPower(let field): Problem(.forbidden, "\(field) is for operators to set")
        case .onlyForAdmin(let field): Problem(.forbidden, "\(field) is for administrators to set")
        case .tooManyPoints(let most):
            Problem(.conflict, code: 2031, "you have \(most) charge points already, which is the most")
        case .sessionGoesOn: Problem(.conflict, code: 2031, "a session is going on")
        case .isReserved: Problem(.conflict, code: 2031, "a connector is reserved")
        case .siteHasPoints: Problem(.conflict, code: 2031, "the station has charge points")
        case .positionIncomplete:
            Problem(
                .badRequest, "lat, lng and radius belong together",
                errors: ["non_field_errors": ["lat, lng and radius belong together"]])
        case .notOneChargePoint:
            Problem(
                .badRequest, "charge_point_id is needed",
                errors: ["charge_point_id": ["the station has none or several charge points"]])
        case .connectorTaken:
            Problem(
                .badRequest, "connector_id already exists", errors: ["connector_id": ["already exists"]])
        case .alreadyShared:
            Problem(
                .badRequest, "access exists already",
                errors: ["non_field_errors": ["this person may use the charge point already"]])
        case .noSuchGrant: Problem(.notFound, "access not found")
        case .several(let mistakes): mistakes.problem
        case .invalid(let field, let text):
            Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        }
    }
}
