import Mail

/// What stands in documents, in the reader's language.
struct DocumentWords: Sendable {
    let language: MailLanguage

    func title(_ type: DocumentBody.Kind, scope: DocumentBody.Scope) -> String {
        switch (type, scope) {
        case (.usage, .own): choose("Your charging", "Twoje ładowania", "Vaše nabíjení")
        case (.usage, .all): choose("Charging sessions", "Sesje ładowania", "Nabíjecí relace")
        case (.cost, .own): choose("Your account", "Twoje konto", "Váš účet")
        case (.cost, .all): choose("All transactions", "Wszystkie transakcje", "Všechny transakce")
        case (.statistics, _): choose("Network report", "Raport sieci", "Přehled sítě")
        case (.invoice, .own): choose("Your invoices", "Twoje faktury", "Vaše faktury")
        case (.invoice, .all): choose("All invoices", "Wszystkie faktury", "Všechny faktury")
        }
    }

    /// Of the columns of a table, in the order of `DocumentRows`.
    func columns(_ type: DocumentBody.Kind, currency: String) -> [String] {
        let (person, energy) = (
            choose("Driver", "Kierowca", "Řidič"), choose("Energy kWh", "Energia kWh", "Energie kWh")
        )
        let amount = choose("Amount", "Kwota", "Částka") + " \(currency)"
        let point = choose("Charge point", "Punkt ładowania", "Nabíjecí bod")
        switch type {
        case .usage:
            return [
                choose("Session", "Sesja", "Relace"), choose("Start", "Początek", "Začátek"),
                choose("End", "Koniec", "Konec"), point, person, energy, amount,
            ]
        case .cost:
            return [
                choose("Number", "Numer", "Číslo"), choose("Time", "Czas", "Čas"), person,
                choose("Type", "Rodzaj", "Druh"), choose("Subject", "Przedmiot", "Předmět"),
                choose("Description", "Opis", "Popis"), choose("Paid from", "Źródło", "Zdroj"), amount,
            ]
        case .statistics:
            return [
                point, choose("Sessions", "Sesje", "Relace"), choose("Drivers", "Kierowcy", "Řidiči"), energy,
                choose("kWh per session", "kWh na sesję", "kWh na relaci"), amount,
            ]
        case .invoice:
            return [
                choose("Number", "Numer", "Číslo"), choose("Issued", "Wystawiono", "Vystaveno"), person,
                choose("Kind", "Rodzaj", "Druh"), choose("Net", "Netto", "Základ") + " \(currency)",
                "\(choose("VAT", "VAT", "DPH")) \(currency)",
                choose("Total", "Brutto", "Celkem") + " \(currency)",
            ]
        }
    }

    var sessions: String { choose("Sessions", "Sesje", "Relace") }
    var entries: String { choose("Entries", "Pozycje", "Položky") }
    var energy: String { choose("Energy", "Energia", "Energie") }
    var amount: String { choose("Amount", "Kwota", "Částka") }
    var average: String { choose("Average per session", "Średnio na sesję", "Průměr na relaci") }
    var drivers: String { choose("Drivers", "Kierowcy", "Řidiči") }
    var period: String { choose("Period", "Okres", "Období") }
    var made: String { choose("Made on", "Utworzono", "Vytvořeno") }
    var whom: String { choose("For", "Dla", "Pro") }
    var everybody: String { choose("The whole network", "Cała sieć", "Celá síť") }
    var pages: String {
        choose("Page {page} of {pages}", "Strona {page} z {pages}", "Strana {page} z {pages}")
    }
    var details: String { choose("Details", "Szczegóły", "Podrobnosti") }
    var nothing: String {
        choose("Nothing in this period.", "Brak danych w tym okresie.", "V tomto období nic není.")
    }

    func energyPer(_ unit: DocumentFigures.Unit) -> String {
        switch unit {
        case .day: choose("Energy per day, kWh", "Energia dziennie, kWh", "Energie za den, kWh")
        case .week: choose("Energy per week, kWh", "Energia tygodniowo, kWh", "Energie za týden, kWh")
        case .month: choose("Energy per month, kWh", "Energia miesięcznie, kWh", "Energie za měsíc, kWh")
        }
    }

    func amountPer(_ unit: DocumentFigures.Unit, currency: String) -> String {
        switch unit {
        case .day: choose("Amount per day", "Kwota dziennie", "Částka za den") + ", \(currency)"
        case .week: choose("Amount per week", "Kwota tygodniowo", "Částka za týden") + ", \(currency)"
        case .month: choose("Amount per month", "Kwota miesięcznie", "Částka za měsíc") + ", \(currency)"
        }
    }

    var busyHours: String {
        choose("When charging happens", "Kiedy odbywa się ładowanie", "Kdy se nabíjí")
    }
    var quiet: String { choose("quiet", "spokojnie", "klid") }
    var busy: String { choose("busiest", "najwięcej", "nejvíc") }

    /// From Monday on.
    var weekdays: [String] {
        switch language {
        case .en: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        case .pl: ["pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."]
        case .cs: ["po", "út", "st", "čt", "pá", "so", "ne"]
        }
    }

    func more(_ rows: Int) -> String {
        choose(
            "These are the first \(rows) lines. CSV and XLSX hold all of them.",
            "To pierwsze wiersze: \(rows). Pliki CSV i XLSX zawierają wszystkie.",
            "Toto je prvních řádků: \(rows). Soubory CSV a XLSX obsahují všechny.")
    }

    var moreInCSV: String {
        choose(
            "A sheet cannot hold more. CSV holds all lines.",
            "Arkusz nie pomieści więcej. Plik CSV zawiera wszystkie wiersze.",
            "List víc neunese. Soubor CSV obsahuje všechny řádky.")
    }

    func subject(_ title: String) -> String {
        choose("Ready: \(title)", "Gotowe: \(title)", "Připraveno: \(title)")
    }

    func stays(_ days: Int) -> String {
        choose(
            "The file stays for \(days) days. Log in to download it.",
            "Plik będzie dostępny przez \(days) dni. Zaloguj się, aby go pobrać.",
            "Soubor zůstane k dispozici \(days) dní. Ke stažení se přihlaste.")
    }

    var download: String { choose("Download", "Pobierz", "Stáhnout") }

    private func choose(_ en: String, _ pl: String, _ cs: String) -> String {
        language.choose(en: en, pl: pl, cs: cs)
    }
}
