/// The fixed words of an invoice, in the buyer's language.
struct InvoiceWords: Sendable {
    var invoice, correction, corrects, supplements, issued, supplied, session, place, time, energy: String
    var seller, buyer, taxID, description, quantity, unitPrice, net, vat, gross, rate, total, summary: String
    var payment, paidFromBalance, paidByCard, returnedToBalance, returnedToCard, order, account,
        includesVAT: String
    var nothingDue, scan, pieces, pages: String
    // What is sold.
    var energyAt, timeBeyond, discount, charging, parking, difference: String

    static func of(_ language: String) -> InvoiceWords {
        switch language {
        case "pl": polish
        case "cs": czech
        default: english
        }
    }

    private static let english = InvoiceWords(
        invoice: "Invoice", correction: "Corrective invoice", corrects: "Corrects",
        supplements: "Supplements",
        issued: "Issued", supplied: "Supplied", session: "Session", place: "Place", time: "Time",
        energy: "Energy", seller: "Seller", buyer: "Buyer", taxID: "Tax ID", description: "Description",
        quantity: "Quantity", unitPrice: "Unit price", net: "Net", vat: "VAT", gross: "Gross", rate: "Rate",
        total: "Total", summary: "VAT summary", payment: "Payment",
        paidFromBalance: "Paid from the balance on {day}.", paidByCard: "Paid by card on {day}.",
        returnedToBalance: "Returned to the balance on {day}.",
        returnedToCard: "Returned to the card on {day}.",
        order: "Payment order", account: "Seller's account", includesVAT: "Prices include VAT.",
        nothingDue: "Nothing is left to pay.", scan: "This invoice's data for your accounts",
        pieces: "pcs", pages: "Page {page} of {pages}", energyAt: "Energy at {place}",
        timeBeyond: "Time beyond {minutes} free minutes", discount: "Discount {code}, {percent} %",
        charging: "Charging at {place}", parking: "Parking at {place}",
        difference: "Charging at {place}, difference to {invoice}")

    private static let polish = InvoiceWords(
        invoice: "Faktura", correction: "Faktura korygująca", corrects: "Koryguje", supplements: "Uzupełnia",
        issued: "Data wystawienia", supplied: "Data sprzedaży", session: "Sesja", place: "Miejsce",
        time: "Czas", energy: "Energia", seller: "Sprzedawca", buyer: "Nabywca", taxID: "NIP",
        description: "Nazwa", quantity: "Ilość", unitPrice: "Cena jedn.", net: "Netto", vat: "VAT",
        gross: "Brutto", rate: "Stawka", total: "Razem", summary: "Podsumowanie VAT", payment: "Płatność",
        paidFromBalance: "Zapłacono z salda {day}.", paidByCard: "Zapłacono kartą {day}.",
        returnedToBalance: "Zwrócono na saldo {day}.", returnedToCard: "Zwrócono na kartę {day}.",
        order: "Zlecenie płatności", account: "Rachunek sprzedawcy", includesVAT: "Ceny zawierają VAT.",
        nothingDue: "Do zapłaty: 0.", scan: "Dane faktury do księgowania", pieces: "szt.",
        pages: "Strona {page} z {pages}", energyAt: "Energia, {place}",
        timeBeyond: "Czas powyżej {minutes} bezpłatnych minut", discount: "Rabat {code}, {percent} %",
        charging: "Ładowanie, {place}", parking: "Parkowanie, {place}",
        difference: "Ładowanie, {place}, różnica do {invoice}")

    private static let czech = InvoiceWords(
        invoice: "Faktura – daňový doklad", correction: "Opravný daňový doklad", corrects: "Opravuje",
        supplements: "Doplňuje", issued: "Vystaveno", supplied: "Zdanitelné plnění", session: "Nabíjení č.",
        place: "Místo", time: "Čas", energy: "Energie", seller: "Dodavatel", buyer: "Odběratel",
        taxID: "DIČ", description: "Popis", quantity: "Množství", unitPrice: "Cena za jedn.", net: "Základ",
        vat: "DPH", gross: "S DPH", rate: "Sazba", total: "Celkem", summary: "Rekapitulace DPH",
        payment: "Platba", paidFromBalance: "Uhrazeno ze zůstatku {day}.",
        paidByCard: "Uhrazeno kartou {day}.", returnedToBalance: "Vráceno na zůstatek {day}.",
        returnedToCard: "Vráceno na kartu {day}.", order: "Platební příkaz", account: "Účet dodavatele",
        includesVAT: "Ceny jsou včetně DPH.", nothingDue: "Neplaťte, již uhrazeno.",
        scan: "QR Faktura – údaje pro účetnictví", pieces: "ks", pages: "Strana {page} z {pages}",
        energyAt: "Energie, {place}", timeBeyond: "Čas nad {minutes} minut zdarma",
        discount: "Sleva {code}, {percent} %", charging: "Nabíjení, {place}", parking: "Parkování, {place}",
        difference: "Nabíjení, {place}, rozdíl k {invoice}")
}

extension String {
    /// With words in the places that a phrase has for them.
    func filled(_ words: KeyValuePairs<String, String>) -> String {
        words.reduce(self) { $0.replacing("{\($1.key)}", with: $1.value) }
    }
}
