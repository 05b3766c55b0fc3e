import HTTP

/// Every "no" about parking.
enum ParkingRefusal: Refusal, Equatable {
    case noSuchLot
    case noSuchSpot
    case noSuchStay
    case lotNotEmpty
    case tooFewFree
    case full
    case notOpen
    case nothingToRelease
    case connectorTaken
    case invalid(field: String, String)

    var problem: Problem {
        switch self {
        case .noSuchLot: Problem(.notFound, "parking lot not found")
        case .noSuchSpot: Problem(.notFound, "parking spot not found")
        case .noSuchStay: Problem(.notFound, "parking reservation not found")
        case .lotNotEmpty: Problem(.conflict, code: 2031, "Parking lot is not empty")
        case .tooFewFree: Problem(.conflict, code: 2031, "too few free spots to remove")
        case .full: Problem(.conflict, code: 2032, "no free parking spot")
        case .notOpen: Problem(.conflict, code: 2033, "parking lot is not open for booking")
        case .nothingToRelease: Problem(.conflict, code: 2033, "there is no active reservation to release")
        case .connectorTaken:
            Problem(
                .badRequest, "connector is already on another spot",
                errors: ["connector_id": ["is already on another spot"]])
        case .invalid(let field, let text):
            Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        }
    }
}
