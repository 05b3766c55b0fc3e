import Core
import Crypto
import FoundationEssentials

/// Payouts as a bank takes them: ISO 20022 pain.001.001.09 within the rules of the European Payments Council.
struct CreditTransferFile: Sendable {
    let month: Month
    let payer: String
    /// Without it the bank's program asks from which account.
    let payerIBAN: IBAN?
    let payouts: [FrozenPayout]
    let made: Date
    let day: CalendarDay
    let currency: Currency

    private static let namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

    var xml: [UInt8] {
        let sum = Money(payouts.reduce(0) { $0 + $1.body.amount }, currency).decimal
        let document = XML("Document", (name: "xmlns", value: Self.namespace)) {
            XML("CstmrCdtTrfInitn") {
                XML("GrpHdr") {
                    XML("MsgId", messageID)
                    XML("CreDtTm", Timestamp.text(made))
                    XML("NbOfTxs", String(payouts.count))
                    XML("CtrlSum", sum)
                    XML("InitgPty") { XML("Nm", Self.latin(payer, atMost: 70)) }
                }
                XML("PmtInf") {
                    XML("PmtInfId", messageID)
                    XML("PmtMtd", "TRF")
                    XML("NbOfTxs", String(payouts.count))
                    XML("CtrlSum", sum)
                    if currency == .eur {
                        XML("PmtTpInf") { XML("SvcLvl") { XML("Cd", "SEPA") } }
                    }
                    XML("ReqdExctnDt") { XML("Dt", day.text) }
                    XML("Dbtr") { XML("Nm", Self.latin(payer, atMost: 70)) }
                    XML("DbtrAcct") {
                        XML("Id") {
                            if let payerIBAN {
                                XML("IBAN", payerIBAN.text)
                            } else {
                                XML("Othr") { XML("Id", "NOTPROVIDED") }
                            }
                        }
                    }
                    XML("DbtrAgt") {
                        XML("FinInstnId") { XML("Othr") { XML("Id", "NOTPROVIDED") } }
                    }
                    XML("ChrgBr", "SLEV")
                    payouts.map(transfer)
                }
            }
        }
        return document.document
    }

    private func transfer(_ payout: FrozenPayout) -> XML {
        let number = payout.body.statement_number
        return XML("CdtTrfTxInf") {
            XML("PmtId") { XML("EndToEndId", number) }
            XML("Amt") {
                XML(
                    "InstdAmt", Money(payout.body.amount, currency).decimal,
                    (name: "Ccy", value: currency.code))
            }
            XML("Cdtr") { XML("Nm", Self.latin(payout.holder, atMost: 70)) }
            XML("CdtrAcct") { XML("Id") { XML("IBAN", payout.iban) } }
            XML("RmtInf") {
                XML("Ustrd", Self.latin("\(number) \(payout.body.month) \(payer)", atMost: 140))
            }
        }
    }

    /// The same for the same payouts: a bank refuses the file that it has had before.
    private var messageID: String {
        let numbers = payouts.map { String($0.body.id) }.joined(separator: ",")
        return "PAYOUT-\(month.text)-\(Hex.text(SHA256.hash(numbers)).prefix(16))"
    }

    /// Banks need not take more than these letters (EPC217-08); names keep their sound.
    static func latin(_ text: String, atMost limit: Int) -> String {
        var result = ""
        for character in text {
            if character.isASCII,
                character.isLetter || character.isNumber || " /-?:().,'+".contains(character)
            {
                result.append(character)
            } else if let plain = plainLetters[character] {
                result += plain
            } else {
                result += character == "&" ? "+" : " "
            }
        }
        let words = result.split(separator: " ").joined(separator: " ").prefix(limit)
        return words.isEmpty ? "-" : String(words)
    }

    private static let plainLetters: [Character: String] = {
        let groups = [
            "a": "áàâãåāăąǎ", "c": "çćčċ", "d": "ďđð", "e": "éèêëēėęěĕ", "g": "ğģġǧ", "h": "ħ",
            "i": "íìîïīįıĭ",
            "k": "ķǩ", "l": "łľĺļ", "n": "ñńňņ", "o": "óòôõōőŏ", "r": "řŕŗ", "s": "śšşș", "t": "ťţțŧ",
            "u": "úùûūůűųŭ",
            "y": "ýÿ", "z": "źżž", "ae": "äæ", "oe": "öœø", "ue": "ü", "ss": "ß", "th": "þ",
        ]
        var letters: [Character: String] = [:]
        for (plain, marked) in groups {
            for letter in marked {
                letters[letter] = plain
                for capital in letter.uppercased() where letter.uppercased().count == 1 {
                    letters[capital] = plain.prefix(1).uppercased() + plain.dropFirst()
                }
            }
        }
        return letters
    }()
}
