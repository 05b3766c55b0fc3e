/// What a backup never holds (api.md 2.4.4): the one list that rights, export and tests go by.
package enum BackupSecrets {
    /// Tables of which nothing is read. Whoever holds one of their rows could log in as somebody else, or sign for us; and
    /// letters and kept answers may say a code or a password.
    package static let tables: Set<String> = [
        "accounts.invite", "accounts.login_session", "accounts.mailed_code", "accounts.password_reset",
        "accounts.recovery_code", "accounts.refresh_token", "accounts.signing_key", "accounts.start_token",
        "accounts.two_factor", "gateway.used_token",
    ]

    /// Tables of that name are left out of every schema.
    package static let tablesAnywhere: Set<String> = ["idempotency_key", "mail"]

    /// Columns that stay behind; their rows are restored without them, so each must be able to be NULL.
    package static let columns: Set<String> = [
        "accounts.account.password_hash", "accounts.charge_point.password_hash",
        "gateway.station.password_before", "gateway.station.password_hash",
    ]

    package static func leavesOut(table: String, of schema: String) -> Bool {
        tablesAnywhere.contains(table) || tables.contains("\(schema).\(table)")
    }
}
