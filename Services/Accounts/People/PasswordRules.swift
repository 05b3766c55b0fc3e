/// What a password must be, by the door through which it is set (api.md 1.4).
enum PasswordRules: Sendable {
    /// Six characters, nothing else: register, create and update of the evsys-compatible family.
    case short
    /// Eight, not only digits, not the name, not one that everybody uses.
    case usual
    /// And one of each kind of character: `/api/auth/register`.
    case strong

    /// What is wrong, reading on from the field's name; nil for a good password.
    func mistake(in password: String, username: String, email: String) -> String? {
        let length = password.unicodeScalars.count
        guard length <= 128 else { return "must be at most 128 characters" }
        guard self != .short else { return length >= 6 ? nil : "must be at least 6 characters" }
        guard length >= 8 else { return "must be at least 8 characters" }
        if password.allSatisfy(\.isNumber) { return "must not be only digits" }
        let folded = password.lowercased()
        if folded == username.lowercased() || (!email.isEmpty && folded == email.lowercased()) {
            return "must not be the username or the e-mail"
        }
        if Self.common.contains(folded) { return "is one of the most used passwords" }
        guard self == .strong else { return nil }
        let kinds: [(String, (Character) -> Bool)] = [
            ("an upper-case letter", { $0.isUppercase }), ("a lower-case letter", { $0.isLowercase }),
            ("a digit", { $0.isNumber }), ("another character", { !$0.isLetter && !$0.isNumber }),
        ]
        let missing = kinds.filter { kind in !password.contains(where: kind.1) }.map(\.0)
        return missing.isEmpty ? nil : "needs \(missing.joined(separator: ", "))"
    }

    /// From the published lists of leaked passwords, those of eight characters and more that are not only digits.
    private static let common: Set<String> = [
        "password", "password1", "password12", "password123", "passw0rd", "p@ssword", "p@ssw0rd", "qwertyui",
        "qwertyuiop", "qwerty123", "qwerty12", "qwerty1234", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "zaq12wsx",
        "asdfghjk", "asdfghjkl", "zxcvbnm1", "iloveyou", "sunshine", "princess", "football", "baseball",
        "superman",
        "trustno1", "welcome1", "welcome123", "letmein1", "abcd1234", "abc12345", "a1b2c3d4", "admin123",
        "administrator", "changeme", "starwars", "whatever", "computer", "internet", "michelle", "jennifer",
        "samsung1", "dragon12", "monkey12", "master12", "shadow12", "q1w2e3r4", "aa123456", "password!",
        "mercedes", "corvette", "electric", "charging", "voltbus1",
    ]
}
