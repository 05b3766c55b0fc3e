import Core
import FoundationEssentials
import Postgres

// Texts about people that check themselves, so that one answer tells every mistake of a body.

/// What somebody is called at the login.
struct Username: Hashable, Sendable {
    let text: String
}

extension Username: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self).trimmed
        guard Names.isUsername(text) else {
            throw OutsideLimits("must be 3 to 150 letters, digits or _ . @ + -")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    static var jsonSchema: JSONSchema {
        .string(minLength: 3, maxLength: 150, pattern: "^[A-Za-z0-9_.@+-]+$")
    }
    static var standIn: Self { Self(text: "") }
}

/// An e-mail address in lower case, or nothing.
struct EmailAddress: Hashable, Sendable {
    let text: String
}

extension EmailAddress: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self).trimmed.lowercased()
        guard text.isEmpty || Names.isEmail(text) else { throw OutsideLimits("must be an e-mail address") }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    static var jsonSchema: JSONSchema { .string(maxLength: 254) }
    static var standIn: Self { Self(text: "") }
}

/// A phone number, or nothing.
struct PhoneNumber: Hashable, Sendable {
    let text: String

    /// What is stored: nothing is null.
    var stored: String? { text.isEmpty ? nil : text }
}

extension PhoneNumber: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self).trimmed
        guard text.isEmpty || Names.isPhone(text) else { throw OutsideLimits("must be 10 to 15 digits") }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    static var jsonSchema: JSONSchema { .string(maxLength: 20) }
    static var standIn: Self { Self(text: "") }
}

/// A country by its two letters, in upper case.
struct CountryLetters: Hashable, Sendable {
    let text: String
}

extension CountryLetters: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self).trimmed.uppercased()
        guard text.utf8.count == 2, text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw OutsideLimits("must be two letters")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    static var jsonSchema: JSONSchema { .string(pattern: "^[A-Za-z]{2}$") }
    static var standIn: Self { Self(text: "XX") }
}

/// A day of the calendar, such as `1990-05-17`.
struct DayText: Hashable, Sendable {
    let date: CalendarDate
}

extension DayText: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self).trimmed
        guard let day = CalendarDay(text),
            let date = CalendarDate(year: day.year, month: day.month, day: day.day)
        else { throw OutsideLimits("must be a date such as 1990-05-17") }
        self.date = date
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(date.description)
    }

    static var jsonSchema: JSONSchema { .string(format: "date") }
    static var standIn: Self { Self(date: CalendarDate(daysSince2000: 0)) }
}
