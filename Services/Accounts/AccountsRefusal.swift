import HTTP

/// Every "no" about people, their logins and their tags.
enum AccountsRefusal: Refusal, Equatable {
    /// The same for an unknown name and a wrong password.
    case wrongCredentials
    case passwordMissing
    case inactive
    case codeNeeded
    case wrongCodeAtLogin
    case wrongCode
    case twoFactorIsOn
    case twoFactorIsOff
    case locked(seconds: Int)
    case refreshRefused
    case loginOver
    case inviteNeeded
    case noSuchUser
    case noSuchTag
    case noSuchLogin
    case notAllowed
    case aboveOwnRights
    case ownRights
    case aboutOneself
    case lastAdministrator
    case protectedAccount
    case stillNeeded(String)
    case taken(field: String, String)
    case invalid(field: String, String)
    case noSuchSetting
    case noPicture

    var problem: Problem {
        switch self {
        case .wrongCredentials: Problem(.unauthorized, "wrong username or password")
        case .passwordMissing:
            Problem(.badRequest, "Password required", errors: ["password": ["is required"]])
        case .inactive: Problem(.forbidden, code: 2014, "account is not active")
        case .codeNeeded: Problem(.unauthorized, code: 2012, "two-factor code needed")
        case .wrongCodeAtLogin: Problem(.unauthorized, code: 2013, "wrong or expired code")
        case .wrongCode:
            Problem(
                .badRequest, code: 2013, "wrong or expired code",
                errors: ["code": ["is wrong or has expired"]])
        case .twoFactorIsOn: Problem(.conflict, code: 2031, "two-factor is already on")
        case .twoFactorIsOff: Problem(.conflict, code: 2031, "two-factor is not on")
        case .locked(let seconds):
            Problem(
                .tooManyRequests, code: 2016, "account is locked after failed logins",
                headers: ["Retry-After": String(seconds)])
        case .refreshRefused: Problem(.unauthorized, code: 2011, "refresh token is not valid")
        case .loginOver: Problem(.unauthorized, code: 2011, "log in again")
        case .inviteNeeded:
            Problem(
                .badRequest, code: 2018, "invite code missing or invalid",
                errors: ["token": ["must be an unused invite code"]])
        case .noSuchUser: Problem(.notFound, "user not found")
        case .noSuchLogin: Problem(.notFound, "session not found")
        case .noSuchTag: Problem(.notFound, "tag not found")
        case .notAllowed: Problem(.forbidden, "insufficient permissions")
        case .aboveOwnRights: Problem(.forbidden, "cannot grant more than you have")
        case .ownRights: Problem(.forbidden, "nobody changes their own role, level or state")
        case .aboutOneself: Problem(.badRequest, "cannot delete yourself")
        case .lastAdministrator: Problem(.conflict, code: 2031, "this is the last administrator")
        case .protectedAccount:
            Problem(.conflict, code: 2031, "the administrator of the configuration cannot be changed here")
        case .stillNeeded(let why): Problem(.conflict, code: 2031, why)
        case .taken(let field, let text):
            Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        case .invalid(let field, let text):
            Problem(.badRequest, "\(field) \(text)", errors: [field: [text]])
        case .noSuchSetting: Problem(.notFound, "not found")
        case .noPicture: Problem(.notFound, "there is no picture")
        }
    }
}
