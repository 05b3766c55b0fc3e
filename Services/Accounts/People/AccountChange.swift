import Contracts
import Core
import FoundationEssentials
import HTTP
import Mail
import Postgres

enum Gender: String, Codable, CaseIterable, Sendable {
    case male, female, other
}

/// What may be written of an account, by whichever door; what is absent stays, null clears.
struct AccountChange: Codable, Sendable {
    var username: Username?
    var email: EmailAddress?
    var name: Text<0, 255>?
    var first_name: Patch<Text<0, 150>>
    var last_name: Patch<Text<0, 150>>
    var phone: Patch<PhoneNumber>
    var address_line1: Patch<Text<0, 100>>
    var city: Patch<Text<0, 50>>
    var postal_code: Patch<Text<0, 10>>
    var country: Patch<CountryLetters>
    var date_of_birth: Patch<DayText>
    var gender: Patch<Gender>
    /// Of the mail that they get.
    var language: MailLanguage?
    // From here on ignored unless an administrator writes them of somebody else.
    var password: Verbatim<1, 128>?
    var user_type: UserType?
    var role: RoleWord?
    var access_level: Whole<0, 10>?
    var is_active: Bool?
    var status: AccountStatus?
    var payment_plan: Text<1, 50>?
    var group: Text<0, 50>?

    /// For PUT: the required fields must be there, the others are emptied where they are absent.
    ///
    /// Throws: `InvalidRequest`.
    func whole() throws(InvalidRequest) -> AccountChange {
        var mistakes = Mistakes()
        if email?.text.isEmpty ?? true { mistakes.add("email", "is required") }
        if username == nil { mistakes.add("username", "is required") }
        try mistakes.check()
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

    /// Without what only administrators may write: nobody makes more of themselves (api.md 2.2.4).
    var withoutRights: AccountChange {
        var change = self
        change.password = nil
        change.user_type = nil
        change.role = nil
        change.access_level = nil
        change.is_active = nil
        change.status = nil
        change.payment_plan = nil
        change.group = nil
        return change
    }
}

/// A role as it is written: empty for `user`.
struct RoleWord: Hashable, Sendable {
    let role: Role
}

extension RoleWord: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self).trimmed
        guard let role = text.isEmpty ? .user : Role(rawValue: text) else {
            throw OutsideLimits("must be admin, operator, user or empty")
        }
        self.role = role
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(role.rawValue)
    }

    static var jsonSchema: JSONSchema { .words(["admin", "operator", "user", ""]) }
    static var standIn: Self { Self(role: .user) }
}

extension Patch {
    fileprivate var orNull: Patch {
        if case .absent = self { .null } else { self }
    }
}

extension Account {
    /// Takes over what a change says of the person; rights are another matter.
    mutating func apply(profile change: AccountChange) {
        username = change.username?.text ?? username
        email = change.email?.text ?? email
        ownName = change.name?.text ?? ownName
        firstName = change.first_name.map(\.text).applied(to: firstName)
        lastName = change.last_name.map(\.text).applied(to: lastName)
        switch change.phone {
        case .absent: break
        case .null: phone = nil
        case .value(let number): phone = number.stored
        }
        addressLine = change.address_line1.map(\.text).applied(to: addressLine)
        city = change.city.map(\.text).applied(to: city)
        postalCode = change.postal_code.map(\.text).applied(to: postalCode)
        country = change.country.map(\.text).applied(to: country)
        dateOfBirth = change.date_of_birth.map(\.date).applied(to: dateOfBirth)
        gender = change.gender.map(\.rawValue).applied(to: gender)
        language = change.language ?? language
    }

    /// Takes over role, level, state, plan and group.
    ///
    /// Throws: `InvalidRequest` for what contradicts itself.
    mutating func apply(rights change: AccountChange) throws(InvalidRequest) {
        var mistakes = Mistakes()
        if let active = change.is_active, let status = change.status, active != (status == .active) {
            mistakes.add("is_active", "contradicts status")
        }
        if let type = change.user_type, let word = change.role, (type == .admin) != (word.role == .admin) {
            mistakes.add("user_type", "contradicts role")
        }
        try mistakes.check()
        if let word = change.role { role = word.role.rawValue }
        switch change.user_type {
        case nil: break
        case .admin: role = Role.admin.rawValue
        case .vip:
            isVIP = true
            if change.role == nil, knownRole == .admin { role = Role.user.rawValue }
        case .student:
            isVIP = false
            if change.role == nil, knownRole == .admin { role = Role.user.rawValue }
        }
        if let level = change.access_level { accessLevel = Int16(level.number) }
        if let written = change.status {
            status = written.rawValue
        } else if let active = change.is_active, active != isActive {
            status = (active ? AccountStatus.active : .inactive).rawValue
        }
        if let plan = change.payment_plan { self.plan = plan.text }
        if let group = change.group { self.group = group.text.isEmpty ? "default" : group.text }
    }
}
