package import HTTP
import Tariff

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
    case noSuchOrder
    case noSuchMethod
    case noSuchRetry
    case noSuchThreshold
    case noSuchDiscount
    case noSuchPointsEntry
    case noSuchConnector
    case nothingToPay
    case orderCompleted
    case othersOrder
    case badPayment(String)
    case paymentUnderWay
    case paymentRefused(String)
    case notRefundable(isOrder: Bool)
    case providerAway
    case wrongSignature
    case cardExists
    case cardInUse
    /// The code and the words of the application.
    case cardNeeded(code: Int, String)
    case discountExists
    case tooFewUses
    case notEnoughPoints
    case notAHost
    case noSuchAccount
    case noSuchPayout
    /// What it would have to be.
    case payoutNot(String)
    case fourEyes

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
        case .noSuchOrder: Problem(.notFound, "payment order not found")
        case .noSuchMethod: Problem(.notFound, "payment method not found")
        case .noSuchRetry: Problem(.notFound, "retry not found")
        case .noSuchThreshold: Problem(.notFound, "threshold not found")
        case .noSuchDiscount: Problem(.notFound, "discount not found")
        case .noSuchPointsEntry: Problem(.notFound, "points entry not found")
        case .noSuchConnector: Problem(.notFound, "connector not found")
        case .nothingToPay: Problem(.conflict, code: 3008, "nothing left to pay")
        case .orderCompleted: Problem(.conflict, code: 3008, "the order is completed")
        case .othersOrder:
            Problem(.forbidden, code: 3007, "order or payment method belongs to another user")
        case .badPayment(let text): Problem(.badRequest, code: 3001, text)
        case .paymentUnderWay: Problem(.conflict, code: 3002, "a payment is under way")
        case .paymentRefused(let result): Problem(.conflict, code: 3002, "payment refused: \(result)")
        case .notRefundable(let isOrder):
            Problem(.conflict, code: isOrder ? 3004 : 3003, "refund refused or not possible")
        case .providerAway:
            Problem(
                .serviceUnavailable, code: 3005, "payment provider unreachable",
                headers: ["Retry-After": "30"]
            )
        case .wrongSignature: Problem(.unauthorized, code: 3006, "wrong signature")
        case .cardExists:
            Problem(.badRequest, "identifier already exists", errors: ["identifier": ["already exists"]])
        case .cardInUse: Problem(.conflict, code: 2031, "a session is to be paid by this card")
        case .cardNeeded(let code, let text): Problem(.conflict, code: code, text)
        case .discountExists:
            Problem(.badRequest, "code already exists", errors: ["code": ["already exists"]])
        case .tooFewUses:
            Problem(
                .badRequest, "max_uses is below the uses so far",
                errors: ["max_uses": ["must not be below used and reserved"]])
        case .notEnoughPoints: Problem(.conflict, code: 2043, "not enough points")
        case .notAHost: Problem(.forbidden, "insufficient permissions")
        case .noSuchAccount: Problem(.notFound, "no account is stored")
        case .noSuchPayout: Problem(.notFound, "payout not found")
        case .payoutNot(let state): Problem(.conflict, code: 2031, "the payout is not \(state)")
        case .fourEyes: Problem(.forbidden, "who made the draft cannot approve it")
        }
    }
}

extension BillingRefusal {
    /// Who would pay by card cannot.
    static func cardNeeded(_ refusal: FundingRefusal) -> BillingRefusal {
        .cardNeeded(code: refusal.code, refusal.text)
    }
}
