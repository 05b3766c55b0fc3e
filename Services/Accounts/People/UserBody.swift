import Core
import FoundationEssentials
import HTTP
import Postgres

/// A person as most of the API shows one (api.md 4.1). There is no password in it.
struct UserBody: Codable, Equatable, Sendable {
    var id: Int64
    var user_id: String
    var username: String
    var email: String
    @OrNull var first_name: String?
    @OrNull var last_name: String?
    var name: String
    @OrNull var phone: String?
    @OrNull var address_line1: String?
    @OrNull var city: String?
    @OrNull var postal_code: String?
    @OrNull var country: String?
    @OrNull var date_of_birth: String?
    @OrNull var gender: String?
    var role: Role
    var access_level: Int
    var user_type: UserType
    var is_host: Bool
    var is_active: Bool
    var is_staff: Bool
    var is_superuser: Bool
    var status: AccountStatus
    var payment_plan: String
    var group: String
    var balance: Int64
    var balance_decimal: String
    var points: Int64
    var currency: String
    var two_factor_enabled: Bool
    @OrNull var avatar_url: String?
    var created_at: Date
    @OrNull var last_login: Date?
    @OrNull var last_seen: Date?
}

enum AccountStatus: String, Codable, CaseIterable, Sendable {
    case active, inactive, suspended
}

/// A person as the evsys-compatible family shows one; `password` is always empty there.
struct EvsysUserBody: Codable, Equatable, Sendable {
    var id: Int64
    var username: String
    var password: String
    var name: String
    var role: Role
    var access_level: Int
    var email: String
    var payment_plan: String
    var group: String
    /// Empty but in the answers of authenticate and register.
    var token: String
    var user_id: String
    var date_registered: Date
    var last_seen: Date
    var warning_emails_enabled: Bool
    var warning_email: String
}

extension Account {
    func body(in currency: Currency) -> UserBody {
        UserBody(
            id: id.number, user_id: hex, username: username, email: email, first_name: firstName,
            last_name: lastName, name: name, phone: phone, address_line1: addressLine, city: city,
            postal_code: postalCode, country: country, date_of_birth: dateOfBirth?.description,
            gender: gender, role: knownRole, access_level: Int(accessLevel), user_type: type,
            is_host: isHost, is_active: isActive, is_staff: knownRole == .admin,
            is_superuser: knownRole == .admin, status: AccountStatus(rawValue: status) ?? .inactive,
            payment_plan: plan, group: group, balance: balance,
            balance_decimal: Money(balance, currency).decimal, points: points, currency: currency.code,
            two_factor_enabled: secondFactor != nil, avatar_url: hasAvatar ? Self.avatarPath(of: id) : nil,
            created_at: createdAt,
            last_login: lastLogin,
            last_seen: lastSeen)
    }

    func evsysBody(token: String = "") -> EvsysUserBody {
        EvsysUserBody(
            id: id.number, username: username, password: "", name: name, role: knownRole,
            access_level: Int(accessLevel), email: email, payment_plan: plan, group: group, token: token,
            user_id: hex, date_registered: createdAt, last_seen: lastSeen ?? .never,
            warning_emails_enabled: warns, warning_email: warningEmail)
    }
}
