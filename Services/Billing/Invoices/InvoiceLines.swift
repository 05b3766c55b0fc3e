import Core
import FoundationEssentials
import Tariff

/// What an entry was for, line by line, in the buyer's language.
struct InvoiceLines: Sendable {
    let entry: EntryBody
    let session: SessionRow?
    let ended: EndedSession?
    let split: VATSplit
    /// The invoice that came before for the same session.
    let corrects: String?
    let words: InvoiceWords

    var all: [InvoiceLine] {
        // Only a payment of the very cost can be shown part by part.
        if entry.type == "Payment", corrects == nil, let ended, ended.cost.total.minorUnits == -entry.amount {
            return parts(of: ended)
        }
        return [line(description, "1", "pcs", split)]
    }

    private var description: String {
        guard let session else { return ofNoSession }
        if let corrects {
            let change = words.difference.filled(["place": session.place, "invoice": corrects])
            // A refund's reason is its description; what the ledger calls it without one is not for the paper.
            let own = ["", "Charging at \(session.point)", "Refund of charging at \(session.point)"]
            return entry.type == "Refund" && !own.contains(entry.description)
                ? "\(change) – \(entry.description)" : change
        }
        return words.charging.filled(["place": session.place])
    }

    private var ofNoSession: String {
        if entry.subject == "parking", entry.description.hasPrefix(Self.parkingPrefix) {
            return words.parking.filled([
                "place": String(entry.description.dropFirst(Self.parkingPrefix.count))
            ])
        }
        return entry.description.isEmpty ? entry.subject : entry.description
    }

    static let parkingPrefix = "Parking at "

    private func parts(of ended: EndedSession) -> [InvoiceLine] {
        let cost = ended.cost
        let place = session?.place ?? ended.point
        var parts: [(String, String, String, Money)] = [
            (
                words.energyAt.filled(["place": place]), Self.kilowattHours(cost.energy), "kWh",
                cost.energyPart
            )
        ]
        if cost.timePart.minorUnits > 0 {
            parts.append(
                (
                    words.timeBeyond.filled(["minutes": String(ended.price.freeMinutes)]),
                    String(cost.chargedMinutes), "min", cost.timePart
                ))
        }
        if cost.discount.minorUnits > 0, let discount = ended.price.discount {
            let taken = Money(-cost.discount.minorUnits, cost.discount.currency)
            parts.append(
                (
                    words.discount.filled(["code": discount.code, "percent": discount.value.short]), "1",
                    "pcs", taken
                ))
        }
        let splits = VATSplit.lines(of: parts.map(\.3), at: split.rate)
        return zip(parts, splits).map { line($0.0, $0.1, $0.2, $1) }
    }

    private func line(_ text: String, _ quantity: String, _ unit: String, _ split: VATSplit) -> InvoiceLine {
        InvoiceLine(
            description: text, quantity: quantity, unit: unit, net: split.net.minorUnits,
            vat: split.vat.minorUnits, gross: split.gross.minorUnits)
    }

    /// Three decimals, as meters show it.
    static func kilowattHours(_ energy: Energy) -> String {
        let (whole, rest) = energy.wattHours.quotientAndRemainder(dividingBy: 1_000)
        let digits = String(rest)
        return "\(whole).\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)"
    }
}
