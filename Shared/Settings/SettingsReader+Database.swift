extension SettingsReader {
    /// A database's URL, whose password may come by itself under another name: orchestrators hand out every secret as a file
    /// (`DATABASE_PASSWORD_FILE=/run/secrets/…`), and an address without one may stand anywhere. One that has a password keeps it.
    package mutating func databaseURL(_ name: String, password: String, _ meaning: String = "") -> Secret {
        let address = secretURL(name, schemes: Self.databaseSchemes, meaning)
        return completed(address, of: name, byPasswordIn: password)
    }

    /// The same for a database that may be left out; its password alone means nothing then.
    package mutating func optionalDatabaseURL(
        _ name: String, password: String, _ meaning: String = ""
    ) -> Secret? {
        let address = optionalSecretURL(name, schemes: Self.databaseSchemes, meaning)
        let completed = completed(address ?? Secret(""), of: name, byPasswordIn: password)
        return address == nil ? nil : completed
    }

    private static var databaseSchemes: [String] { ["postgresql", "postgres"] }

    private mutating func completed(
        _ address: Secret, of name: String, byPasswordIn passwordName: String
    ) -> Secret {
        let password = optionalSecret(passwordName, "the password of \(name), where it has none in it")
        guard let password, !address.isEmpty else { return address }
        let whole = address.reveal { url in password.reveal { Self.adding($0, to: url) } }
        guard let whole else {
            complain(
                passwordName, "is set, but \(name) names no user",
                expected: "\(name) such as postgresql://user@host/database beside it")
            return address
        }
        return Secret(whole)
    }

    /// Nil where the address names no user. By hand, since libpq's addresses (several hosts, folders of sockets) are not those
    /// of Foundation.
    private static func adding(_ password: String, to url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let end = url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        guard let at = url[scheme.upperBound..<end].lastIndex(of: "@") else { return nil }
        let user = url[scheme.upperBound..<at]
        guard !user.isEmpty else { return nil }
        return user.contains(":") ? url : url[..<at] + ":" + percentEncoded(password) + url[at...]
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
