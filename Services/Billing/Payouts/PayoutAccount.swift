import Core
import FoundationEssentials
import Postgres

/// Where a host's money goes.
struct PayoutAccountInput: Codable, Sendable {
    var holder: Text<1, 70>
    var iban: Text<1, 60>
    var address: Text<1, 255>
    var tax_id: Text<0, 32>?
}

/// As it is shown: of the number only its end.
struct PayoutAccountBody: Codable, Equatable, Sendable {
    var holder: String
    var iban: String
    var address: String
    @OrNull var tax_id: String?
}

extension PayoutAccountBody: RowDecodable {
    static let columns: StaticString = "holder, iban, address, tax_id"

    init(_ cells: inout Cells) throws {
        holder = try cells.next()
        iban = IBAN.masked(try cells.next())
        address = try cells.next()
        tax_id = try cells.next()
    }
}

extension Query where Result == PayoutAccountBody? {
    static func payoutAccount(of user: Int64) -> Self {
        "SELECT \(raw: PayoutAccountBody.columns) FROM billing.payout_account WHERE user_id = \(user)"
    }
}

extension Query where Result == Void {
    static func store(_ account: PayoutAccountInput, _ iban: IBAN, of user: Int64, at now: Date) -> Self {
        let taxID = account.tax_id.flatMap { $0.text.isEmpty ? nil : $0.text }
        return """
            INSERT INTO billing.payout_account (user_id, holder, iban, address, tax_id, changed_at)
            VALUES (\(user), \(account.holder.text), \(iban.text), \(account.address.text), \(taxID as String?), \(now))
            ON CONFLICT (user_id) DO UPDATE
            SET holder = excluded.holder, iban = excluded.iban, address = excluded.address, tax_id = excluded.tax_id,
                changed_at = excluded.changed_at
            """
    }
}

extension Query where Result == Bool {
    static func isHost(_ user: Int64) -> Self {
        "SELECT EXISTS (SELECT FROM accounts_view.account WHERE user_id = \(user) AND is_host)"
    }
}
