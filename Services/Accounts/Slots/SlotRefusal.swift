import HTTP

/// Every "no" about slots and the meetings that take them.
enum SlotRefusal: Refusal, Equatable {
    case noSuchSlot
    case noSuchMeeting
    /// Neither a host nor staff, or somebody else's charge point.
    case notAllowed
    case overlap
    case heldByMeeting
    case hasMeetings
    /// Taken by somebody, over, or taken back by its tutor.
    case notBookable
    case ownSlot
    case illegalStatus
    case alreadyCompleted
    case invalid(field: String, String)

    var problem: Problem {
        switch self {
        case .noSuchSlot: Problem(.notFound, "time slot not found")
        case .noSuchMeeting: Problem(.notFound, "meeting not found")
        case .notAllowed: Problem(.forbidden, "insufficient permissions")
        case .overlap:
            Problem(
                .badRequest, "the slot overlaps with another",
                errors: ["non_field_errors": ["overlaps with another slot of the same tutor or connector"]])
        case .heldByMeeting: Problem(.conflict, code: 2031, "a meeting holds the time slot")
        case .hasMeetings: Problem(.conflict, code: 2031, "the time slot has meetings")
        case .notBookable: Problem(.conflict, code: 2030, "the time slot is not available")
        case .ownSlot:
            Problem(
                .badRequest, "nobody books their own slot",
                errors: ["time_slot": ["is the student's own"]])
        case .illegalStatus:
            Problem(
                .badRequest, "Invalid status transition",
                errors: ["status": ["Invalid status transition"]])
        case .alreadyCompleted:
            Problem(
                .badRequest, "the meeting is completed",
                errors: ["status": ["Invalid status transition"]])
        case .invalid(let field, let text):
            Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        }
    }
}
