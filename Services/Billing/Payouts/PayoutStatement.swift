import Core
import Documents
import FoundationEssentials

/// A host's month on paper: what drivers paid, what the platform kept, what the host gets. The platform writes it in the host's
/// name, which is what self-billing means.
struct PayoutStatement: Sendable {
    private let payout: FrozenPayout
    private let sessions: [SharedSession]
    private let language: String
    private let words: Words

    init(_ payout: FrozenPayout, _ sessions: [SharedSession], language: String) {
        self.payout = payout
        self.sessions = sessions
        self.language = language
        words = Words.of(language)
    }

    var document: PDFDocument {
        let body = payout.body
        let buyer = payout.buyer
        let footer = [buyer.name, buyer.address, buyer.tax_id ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " · ")
        let title = "\(words.statement) \(body.statement_number)"
        return PDFDocument(
            title: title, author: buyer.name, language: language, created: body.created_at,
            footer: .init(StyledText(footer), numbering: words.pages), runningHead: StyledText(title)
        ) {
            Block.columns(
                .init(share: 3) {
                    Block.title(StyledText(words.statement, TextStyle.title.coloured(.accent)))
                    Block.text(StyledText(body.statement_number), .strong)
                    Block.text(StyledText(words.selfBilling), .small)
                },
                .init(share: 2) {
                    Block.facts([
                        (words.month, StyledText(body.month)),
                        (words.issued, StyledText(String(Timestamp.text(body.created_at).prefix(10)))),
                        (words.sessions, StyledText(String(body.sessions))),
                        (words.energy, StyledText("\(Self.kilowattHours(body.energy_wh)) kWh")),
                    ])
                })
            Block.space(22)
            Block.columns(
                .init {
                    party(
                        words.host,
                        PartyBody(name: payout.holder, address: payout.address, tax_id: payout.taxID))
                },
                .init { party(words.platform, buyer) })
            Block.space(24)
            Block.table(table)
            Block.space(20)
            Block.together { settlement }
        }
    }

    @BlockBuilder private func party(_ label: String, _ party: PartyBody) -> [Block] {
        Block.text(StyledText(label.uppercased()), .label)
        Block.text(StyledText(party.name), .strong)
        if !party.address.isEmpty {
            Block.text(
                StyledText(
                    party.address.split(separator: ",").map { String($0).trimmed }.joined(separator: "\n")))
        }
        if let taxID = party.tax_id, !taxID.isEmpty { Block.text(StyledText("\(words.taxID) \(taxID)")) }
    }

    private var table: Table {
        let body = payout.body
        return Table(
            columns: [
                .init(words.day), .init(words.session), .init(words.point, width: .share(1)),
                .init("kWh", align: .end), .init(words.gross, align: .end),
                .init(words.commission, align: .end), .init(words.amount, align: .end),
            ],
            rows: sessions.map { line in
                [
                    StyledText(String(Timestamp.text(line.time).prefix(10))),
                    StyledText(String(line.session)),
                    StyledText(line.point), StyledText(Self.kilowattHours(line.energy.wattHours)),
                    money(line.gross), money(line.gross - line.credit), money(line.credit),
                ]
            },
            totals: [
                [
                    StyledText(words.total), "", "", StyledText(Self.kilowattHours(body.energy_wh)),
                    money(body.gross), money(body.commission), money(body.amount),
                ]
            ])
    }

    private var settlement: Block {
        Block.panel {
            Block.columns(
                .init(share: 2) {
                    Block.text(StyledText(words.transfer), .label)
                    Block.text(StyledText(payout.holder))
                    Block.text(StyledText(IBAN.grouped(payout.iban)), .strong)
                },
                .init {
                    Block.text(StyledText(words.amount), .label, .end)
                    Block.text(
                        StyledText("\(payout.body.amount_decimal) \(payout.body.currency)"),
                        TextStyle(size: 15, weight: .bold, colour: .accent), .end)
                })
        }
    }

    private func money(_ minorUnits: Int64) -> StyledText {
        StyledText(Currency(code: payout.body.currency).map { Money(minorUnits, $0).decimal } ?? "")
    }

    private static func kilowattHours(_ wattHours: Int64) -> String {
        let (whole, rest) = wattHours.quotientAndRemainder(dividingBy: 1_000)
        let digits = String(abs(rest))
        let sign = wattHours < 0 && whole == 0 ? "-" : ""
        return "\(sign)\(whole).\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)"
    }
}

extension PayoutStatement {
    /// The fixed words, in the host's language.
    private struct Words: Sendable {
        var statement, selfBilling, month, issued, sessions, energy, host, platform, taxID, day,
            session: String
        var point, gross, commission, amount, total, transfer, pages: String

        static func of(_ language: String) -> Words {
            switch language {
            case "pl": polish
            case "cs": czech
            default: english
            }
        }

        static let english = Words(
            statement: "Statement", selfBilling: "Self-billing", month: "Month", issued: "Issued",
            sessions: "Sessions", energy: "Energy", host: "Host", platform: "Issued by", taxID: "Tax ID",
            day: "Date", session: "Session", point: "Charge point", gross: "Drivers paid",
            commission: "Commission", amount: "Payout", total: "Total", transfer: "Transfer to",
            pages: "Page {page} of {pages}")

        static let polish = Words(
            statement: "Rozliczenie", selfBilling: "Samofakturowanie", month: "Miesiąc",
            issued: "Data wystawienia", sessions: "Liczba sesji", energy: "Energia", host: "Gospodarz",
            platform: "Wystawca", taxID: "NIP", day: "Data", session: "Sesja", point: "Punkt ładowania",
            gross: "Wpłaty kierowców", commission: "Prowizja", amount: "Do wypłaty", total: "Razem",
            transfer: "Przelew na rachunek", pages: "Strona {page} z {pages}")

        static let czech = Words(
            statement: "Vyúčtování", selfBilling: "Vystaveno zákazníkem", month: "Měsíc", issued: "Vystaveno",
            sessions: "Počet nabíjení", energy: "Energie", host: "Hostitel", platform: "Vystavil",
            taxID: "DIČ", day: "Datum", session: "Nabíjení č.", point: "Nabíjecí bod",
            gross: "Zaplatili řidiči", commission: "Provize", amount: "K výplatě", total: "Celkem",
            transfer: "Převod na účet", pages: "Strana {page} z {pages}")
    }
}
