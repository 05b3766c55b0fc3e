import Contracts
import Core
import FoundationEssentials
import HTTP
import Postgres

/// Which account is meant.
enum AccountKey: Sendable {
    case id(ID<User>)
    case username(String)
    case email(String)
    /// A name or, with an `@`, an e-mail address: what people type into a login.
    case login(String)

    fileprivate var condition: SQL {
        switch self {
        case .id(let id): "account.id = \(id)"
        case .username(let name): "account.username = \(name)"
        case .email(let email): "account.email = \(email.lowercased())"
        case .login(let text):
            "(account.username = \(text) OR (account.email <> '' AND account.email = \(text.lowercased())))"
        }
    }
}

extension Query where Result == Account? {
    static func account(_ key: AccountKey) -> Self {
        """
        \(rows: Account.self)
        WHERE account.deleted_at IS NULL AND \(key.condition)
        ORDER BY account.id
        LIMIT 1
        """
    }
}

extension Query where Result == [Account] {
    /// By username; operators are shown no administrators.
    static func accounts(withAdmins: Bool, limit: Int, offset: Int) -> Self {
        """
        \(rows: Account.self)
        WHERE account.deleted_at IS NULL AND (\(withAdmins) OR account.role <> 'admin')
        ORDER BY account.username, account.id
        LIMIT \(limit) OFFSET \(offset)
        """
    }
}

/// Which accounts an administrator asks for.
struct AccountFilter: Sendable {
    var role: Role?
    var type: UserType?
    var isActive: Bool?
    var text: String?

    init() {}

    init(_ query: UserQuery) {
        role = query.role
        type = query.user_type
        isActive = query.is_active
        text = query.q
    }

    fileprivate var condition: SQL {
        var condition: SQL = "account.deleted_at IS NULL"
        if let role { condition = "\(condition) AND account.role = \(role.rawValue)" }
        if let isActive { condition = "\(condition) AND (account.status = 'active') = \(isActive)" }
        let isVIP: SQL = """
            (account.is_vip OR EXISTS (
                SELECT FROM accounts.charge_point AS point
                WHERE point.owner_id = account.id AND point.deleted_at IS NULL
            ))
            """
        switch type {
        case nil: break
        case .admin: condition = "\(condition) AND account.role = 'admin'"
        case .vip: condition = "\(condition) AND account.role <> 'admin' AND \(isVIP)"
        case .student: condition = "\(condition) AND account.role <> 'admin' AND NOT \(isVIP)"
        }
        if let text, !text.isEmpty {
            condition = "\(condition) AND \(Searched.people.holds(text))"
        }
        return condition
    }
}

extension Query where Result == [Account] {
    /// By number.
    static func accounts(
        _ filter: AccountFilter, limit: Int, offset: Int, descending: Bool = false
    ) -> Self {
        let order: SQL = descending ? "DESC" : "ASC"
        return """
            \(rows: Account.self)
            WHERE \(filter.condition)
            ORDER BY account.id \(order)
            LIMIT \(limit) OFFSET \(offset)
            """
    }
}

extension Query where Result == Int64 {
    static func countAccounts(_ filter: AccountFilter) -> Self {
        "SELECT count(*) FROM accounts.account AS account WHERE \(filter.condition)"
    }

    static func countAccounts(withAdmins: Bool) -> Self {
        "SELECT count(*) FROM accounts.account WHERE deleted_at IS NULL AND (\(withAdmins) OR role <> 'admin')"
    }
}

extension Query where Result == String? {
    /// Nil for an unknown account, and for one without a password.
    static func passwordHash(of id: ID<User>) -> Self {
        "SELECT password_hash FROM accounts.account WHERE id = \(id)"
    }
}

/// What a new account begins with.
struct NewAccount: Sendable {
    var username: String
    var email: String
    var passwordHash: String?
    var name = ""
    var firstName: String?
    var lastName: String?
    var phone: String?
    var role = "user"
    var accessLevel: Int16 = 0
    var plan = "default"
    var group = "default"
    var language = "en"
}

extension Query where Result == ID<User> {
    static func enter(_ account: NewAccount, hex: String, at now: Date) -> Self {
        """
        INSERT INTO accounts.account (user_hex, username, email, password_hash, name, first_name, last_name, phone, role,
            access_level, payment_plan, user_group, language, created_at)
        VALUES (\(hex), \(account.username), \(account.email.lowercased()), \(account.passwordHash as String?),
            \(account.name), \(account.firstName as String?), \(account.lastName as String?),
            \(account.phone as String?), \(account.role), \(account.accessLevel), \(account.plan), \(account.group),
            \(account.language), \(now))
        RETURNING id
        """
    }

    /// The account of ADMIN_EMAIL, as the environment has it: made at the first start, put right at every other.
    static func administrator(
        email: String, name: String, passwordHash: String, hex: String, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.account AS known
            (user_hex, username, email, password_hash, name, role, access_level, is_administrator, created_at)
        VALUES (\(hex), 'admin', \(email.lowercased()), \(passwordHash), \(name), 'admin', 10, true, \(now))
        ON CONFLICT (username) WHERE deleted_at IS NULL DO UPDATE
        SET email = excluded.email, password_hash = excluded.password_hash, name = excluded.name, role = 'admin',
            access_level = 10, status = 'active', is_administrator = true
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func setPassword(of id: ID<User>, hash: String) -> Self {
        "UPDATE accounts.account SET password_hash = \(hash) WHERE id = \(id)"
    }

    static func noteLogin(of id: ID<User>, at now: Date) -> Self {
        "UPDATE accounts.account SET last_login_at = \(now), last_seen_at = \(now) WHERE id = \(id)"
    }
}

extension Query where Result == NameClash? {
    /// A name that is somebody else's e-mail address, or the other way round: one login must not mean two people.
    static func nameClash(_ username: String, _ email: String, of id: ID<User>?) -> Self {
        """
        SELECT \(columns: NameClash.self) FROM accounts.account
        WHERE deleted_at IS NULL AND id IS DISTINCT FROM \(id as ID<User>?)
            AND ((email <> '' AND email = \(username.lowercased())) OR (username = \(email) AND \(email) <> ''))
        ORDER BY id
        LIMIT 1
        """
    }
}

/// Whose name is in the way.
struct NameClash: Row, Sendable {
    var username: String

    static let columns = "username"

    init(_ cells: inout Cells) throws {
        username = try cells.next()
    }
}

extension Query where Result == RowCount {
    static func takeInvite(_ code: String, at now: Date) -> Self {
        "DELETE FROM accounts.invite WHERE code = \(code.uppercased()) AND expires_at > \(now)"
    }
}
