package import HTTP

/// Every "no" that billing says.
package enum BillingRefusal: Refusal, Equatable {
    case noSuchPlan
    case noSuchEntry
    case noSuchSession
    case noSuchInvoice
    case noSuchUser
    case notANumber(String)
    case unreadableDate(String)
    case unreadablePeriod
    case invalid(field: String, String)
    case balanceTooLow
    case planInUse
    case lastDefaultPlan
    case notInvoiceable
    case notPaid
    case unfinished
    case discountNotUsable

    package var problem: Problem {
        switch self {
        case .noSuchPlan: Problem(.notFound, "payment plan not found")
        case .noSuchEntry: Problem(.notFound, "transaction not found")
        case .noSuchSession: Problem(.notFound, "transaction not found")
        case .noSuchInvoice: Problem(.notFound, "invoice not found")
        case .noSuchUser:
            Problem(.badRequest, "user_id does not exist", errors: ["user_id": ["does not exist"]])
        case .notANumber(let text): Problem(.badRequest, "not a transaction number: \(text)")
        case .unreadableDate(let name):
            Problem(
                .badRequest, "\(name) is not a date", errors: [name: ["must be YYYY-MM-DD or RFC 3339"]])
        case .unreadablePeriod: Problem(.badRequest, "the period must be day, week, month, year or two times")
        case .invalid(let field, let text): Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        case .balanceTooLow: Problem(.conflict, code: 2040, "insufficient balance")
        case .planInUse: Problem(.conflict, code: 2031, "the plan is assigned to users")
        case .lastDefaultPlan: Problem(.conflict, code: 2031, "this is the default plan")
        case .notInvoiceable: Problem(.badRequest, "this entry cannot be invoiced")
        case .notPaid: Problem(.conflict, code: 3008, "the session is not paid")
        case .unfinished: Problem(.conflict, code: 2024, "the session is not finished")
        case .discountNotUsable: Problem(.badRequest, code: 2042, "discount code is not usable")
        }
    }
}
