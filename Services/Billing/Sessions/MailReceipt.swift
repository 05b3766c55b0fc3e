import Contracts
import Core
import Documents
import FoundationEssentials
import HTTP
import Hosting
import Mail
import Postgres
import Tariff

/// Where the receipt goes; without an address to the caller's own.
struct ReceiptInput: Codable, Sendable {
    var email: Text<3, 254>?
}

struct MailBegun: Codable, Sendable {
    var success = true
}

extension Billing {
    @RouteTable var receiptRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/transactions/info/:id/email", mailReceipt).failing("Failed to send receipt")
            .summary("Mail a session's bill to its driver").needs(.user)
    }

    func mailReceipt(_ call: Call<NumberPath, None, ReceiptInput>) async throws -> Accepted<MailBegun> {
        let caller = call.identified
        let row = try await ownSession(try call.path.number, caller)
        guard row.user == caller.user || caller.isAdmin, let user = row.user else {
            throw BillingRefusal.noSuchSession
        }
        guard row.isFinished, let ended = try await host.database.run(.endedSession(ID(row.number))) else {
            throw BillingRefusal.unfinished
        }
        guard let reader = try await host.database.run(.reader(user)),
            let address = call.body.email?.text ?? reader.email,
            let recipient = Mailbox(name: reader.name, address: address)
        else { throw BillingRefusal.invalid(field: "email", "is not an e-mail address") }
        let language = MailLanguage(rawValue: reader.language) ?? .en
        let letter = ReceiptLetter(row: row, ended: ended, language: language, zone: host.settings.jobsZone)
        try await host.database.run(mail.keep(letter.letter, to: recipient))
        mail.ring()
        return Accepted(MailBegun())
    }
}

/// A session's bill as a letter.
struct ReceiptLetter: Sendable {
    let row: SessionRow
    let ended: EndedSession
    let language: MailLanguage
    let zone: TimeZone

    var letter: Letter {
        let (cost, words) = (ended.cost, InvoiceWords.of(language.rawValue))
        let numbers = LocalNumbers(language: language.rawValue, zone: zone)
        var facts: [Letter.Fact] = [.init(words.session, String(row.number)), .init(words.place, row.place)]
        if let start = ended.startedAt, let end = ended.endedAt {
            facts.append(.init(words.time, numbers.span(start, end)))
        }
        facts.append(
            .init(words.energy, "\(numbers.grouped(InvoiceLines.kilowattHours(cost.energy))) kWh"))
        let currency = cost.total.currency
        facts += cost.explained(by: ended.price).lines.map { line in
            .init(line.reckoning, numbers.amount(line.amount.minorUnits, currency))
        }
        facts.append(
            .init(words.total, "\(numbers.amount(cost.total.minorUnits, currency)) \(currency.code)"))
        let subject = language.choose(
            en: "Your charge at \(row.place)", pl: "Twoje ładowanie: \(row.place)",
            cs: "Vaše nabíjení: \(row.place)")
        return Letter(in: language, subject: subject, [.facts(facts), .text(words.includesVAT)])
    }
}

/// Whom a receipt is written to.
struct ReaderRow: Row, Sendable {
    var name: String
    var email: String?
    var language: String

    static let columns = "name, nullif(email, ''), language"

    init(_ cells: inout Cells) throws {
        name = try cells.next()
        email = try cells.next()
        language = try cells.next()
    }
}

extension Query where Result == ReaderRow? {
    static func reader(_ user: Int64) -> Self {
        "SELECT \(columns: ReaderRow.self) FROM accounts_view.account WHERE user_id = \(user) AND NOT is_deleted"
    }
}
