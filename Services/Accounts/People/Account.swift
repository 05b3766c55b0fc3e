import Contracts
import Core
import FoundationEssentials
import HTTP
import Mail
import Postgres

/// A person's account as it is stored, with what other services count of it.
struct Account: JoinedRow, Equatable, Sendable {
    var id: ID<User>
    var hex: String
    var username: String
    var email: String
    var ownName: String
    var firstName: String?
    var lastName: String?
    var phone: String?
    var addressLine: String?
    var city: String?
    var postalCode: String?
    var country: String?
    var dateOfBirth: CalendarDate?
    var gender: String?
    var role: String
    var accessLevel: Int16
    var isVIP: Bool
    var isHost: Bool
    var status: String
    var plan: String
    var group: String
    var warns: Bool
    var warningEmail: String
    var language: MailLanguage
    /// Of the factor that logins need beside the password.
    var secondFactor: String?
    var hasAvatar: Bool
    var isAdministrator: Bool
    var createdAt: Date
    var lastLogin: Date?
    var lastSeen: Date?
    var balance: Int64
    var points: Int64

    static let columns = """
        account.id, account.user_hex, account.username, account.email, account.name, account.first_name,
        account.last_name, account.phone, account.address_line1, account.city, account.postal_code, account.country,
        account.date_of_birth, account.gender, account.role, account.access_level, account.is_vip,
        EXISTS (SELECT FROM accounts.charge_point AS point WHERE point.owner_id = account.id AND point.deleted_at IS NULL),
        account.status, account.payment_plan, account.user_group, account.warning_emails_enabled, account.warning_email,
        account.language,
        (SELECT factor.method FROM accounts.two_factor AS factor WHERE factor.user_id = account.id AND factor.is_active),
        EXISTS (SELECT FROM accounts.avatar AS avatar WHERE avatar.user_id = account.id), account.is_administrator,
        account.created_at, account.last_login_at, account.last_seen_at,
        coalesce(money.balance, 0), coalesce(bonus.points, 0)
        """

    static let relations: SQL = """
        FROM accounts.account AS account
        LEFT JOIN billing_view.balance AS money ON money.user_id = account.id
        LEFT JOIN billing_view.points AS bonus ON bonus.user_id = account.id
        """

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        hex = try cells.next()
        username = try cells.next()
        email = try cells.next()
        ownName = try cells.next()
        firstName = try cells.next()
        lastName = try cells.next()
        phone = try cells.next()
        addressLine = try cells.next()
        city = try cells.next()
        postalCode = try cells.next()
        country = try cells.next()
        dateOfBirth = try cells.next()
        gender = try cells.next()
        role = try cells.next()
        accessLevel = try cells.next()
        isVIP = try cells.next()
        isHost = try cells.next()
        status = try cells.next()
        plan = try cells.next()
        group = try cells.next()
        warns = try cells.next()
        warningEmail = try cells.next()
        // The table's own constraint keeps other words out.
        language = MailLanguage(rawValue: try cells.next()) ?? .en
        secondFactor = try cells.next()
        hasAvatar = try cells.next()
        isAdministrator = try cells.next()
        createdAt = try cells.next()
        lastLogin = try cells.next()
        lastSeen = try cells.next()
        balance = try cells.next()
        points = try cells.next()
    }

    var isActive: Bool { status == "active" }
    // The table's own constraint keeps other words out.
    var knownRole: Role { Role(rawValue: role) ?? .user }

    var fullName: String {
        [firstName, lastName].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
    }
    /// Their own, or first and last name.
    var name: String { ownName.isEmpty ? fullName : ownName }

    /// What the API calls user_type: a view on role and marks (api.md 1.6).
    var type: UserType { role == "admin" ? .admin : isHost || isVIP ? .vip : .student }
}

enum UserType: String, Codable, CaseIterable, Sendable {
    case admin, vip, student
}
