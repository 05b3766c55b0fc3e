import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// What people write of themselves; what is absent stays, null clears.
struct ProfileChange: Codable, Sendable {
    var username: Text<3, 150>?
    var email: String?
    var name: Text<0, 255>?
    var first_name: Patch<Text<0, 150>>
    var last_name: Patch<Text<0, 150>>
    var phone: Patch<Text<0, 20>>
    var address_line1: Patch<Text<0, 100>>
    var city: Patch<Text<0, 50>>
    var postal_code: Patch<Text<0, 10>>
    var country: Patch<Text<2, 2>>
    var date_of_birth: Patch<String>
    var gender: Patch<Gender>

    enum Gender: String, Codable, CaseIterable, Sendable {
        case male, female, other
    }

    /// For PUT: the required fields must be there, the others are emptied where they are absent.
    ///
    /// Throws: `AccountsRefusal`.
    func whole() throws(AccountsRefusal) -> ProfileChange {
        guard email != nil else { throw .invalid(field: "email", "is missing") }
        guard username != nil else { throw .invalid(field: "username", "is missing") }
        var whole = self
        if name == nil { whole.name = Text("") }
        whole.first_name = first_name.orNull
        whole.last_name = last_name.orNull
        whole.phone = phone.orNull
        whole.address_line1 = address_line1.orNull
        whole.city = city.orNull
        whole.postal_code = postal_code.orNull
        whole.country = country.orNull
        whole.date_of_birth = date_of_birth.orNull
        whole.gender = gender.orNull
        return whole
    }
}

extension Patch {
    fileprivate var orNull: Patch {
        if case .absent = self { .null } else { self }
    }
}

/// Changes the caller's own account.
struct ChangeProfile {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    /// Throws: `AccountsRefusal`.
    func run(_ change: ProfileChange) async throws -> UserBody {
        let host = accounts.host
        var account = try await accounts.account(ID(caller.user))
        try apply(change, to: &account)
        let changed = account
        do {
            try await host.database.transaction { transaction in
                try await transaction.run(.store(profile: changed))
                try await transaction.run(
                    .record(
                        AuditEntry("UPDATE_USER_SELF", by: caller.user, from: request), in: .accounts,
                        at: host.clock.now))
            }
        } catch let error as DatabaseError where error.violatesUnique("account_username") {
            throw AccountsRefusal.taken(field: "username", "already exists")
        } catch let error as DatabaseError where error.violatesUnique("account_email") {
            throw AccountsRefusal.taken(field: "email", "is already in use")
        }
        return try await accounts.account(ID(caller.user)).body(in: host.settings.currency)
    }

    private func apply(_ change: ProfileChange, to account: inout Account) throws(AccountsRefusal) {
        if let username = change.username?.text {
            guard Names.isUsername(username) else {
                throw .invalid(field: "username", "must be 3 to 150 letters, digits or _ . @ + -")
            }
            account.username = username
        }
        if let email = change.email {
            guard email.isEmpty || Names.isEmail(email) else {
                throw .invalid(field: "email", "must be an e-mail address")
            }
            account.email = email.lowercased()
        }
        if case .value(let phone) = change.phone, !phone.text.isEmpty, !Names.isPhone(phone.text) {
            throw .invalid(field: "phone", "must be 10 to 15 digits")
        }
        switch change.date_of_birth {
        case .absent: break
        case .null: account.dateOfBirth = nil
        case .value(let text):
            guard let day = CalendarDay(text),
                let date = CalendarDate(year: day.year, month: day.month, day: day.day)
            else { throw .invalid(field: "date_of_birth", "must be a date such as 1990-05-17") }
            account.dateOfBirth = date
        }
        account.ownName = change.name?.text ?? account.ownName
        account.firstName = change.first_name.map(\.text).applied(to: account.firstName)
        account.lastName = change.last_name.map(\.text).applied(to: account.lastName)
        account.phone = change.phone.map(\.text).applied(to: account.phone)
        account.addressLine = change.address_line1.map(\.text).applied(to: account.addressLine)
        account.city = change.city.map(\.text).applied(to: account.city)
        account.postalCode = change.postal_code.map(\.text).applied(to: account.postalCode)
        account.country = change.country.map { $0.text.uppercased() }.applied(to: account.country)
        account.gender = change.gender.map(\.rawValue).applied(to: account.gender)
    }
}

extension Query where Result == Void {
    fileprivate static func store(profile account: Account) -> Self {
        """
        UPDATE accounts.account
        SET username = \(account.username), email = \(account.email), name = \(account.ownName),
            first_name = \(account.firstName as String?), last_name = \(account.lastName as String?),
            phone = \(account.phone as String?), address_line1 = \(account.addressLine as String?),
            city = \(account.city as String?), postal_code = \(account.postalCode as String?),
            country = \(account.country as String?), date_of_birth = \(account.dateOfBirth as CalendarDate?),
            gender = \(account.gender as String?)
        WHERE id = \(account.id)
        """
    }
}

struct PasswordChange: Codable, Sendable {
    var old_password: Verbatim<1, 128>
    var new_password: Verbatim<1, 128>
}

/// Changes the caller's own password: every other login of theirs ends.
struct ChangePassword {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    /// Throws: `AccountsRefusal`.
    func run(_ change: PasswordChange) async throws {
        let host = accounts.host
        let account = try await accounts.account(ID(caller.user))
        let stored = try await host.database.run(.passwordHash(of: account.id))
        guard try await accounts.hasher.check(change.old_password.text, against: stored) != .wrong else {
            throw AccountsRefusal.invalid(field: "old_password", "is wrong")
        }
        let new = change.new_password.text
        if let mistake = PasswordRules.usual.mistake(
            in: new, username: account.username, email: account.email)
        {
            throw AccountsRefusal.invalid(field: "new_password", mistake)
        }
        let hash = try await accounts.hasher.hash(new)
        let events = try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.setPassword(of: account.id, hash: hash))
            try await transaction.run(
                .record(
                    AuditEntry("CHANGE_PASSWORD", by: caller.user, from: request), in: .accounts, at: now))
            return try await transaction.endLogins(
                .others(of: account.id, but: ID(caller.loginSession)), at: now)
        }
        for event in events { host.bus.publish(event) }
    }
}
