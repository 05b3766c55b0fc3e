import Mail

// What people are written about their account.

extension Letter {
    static func passwordReset(code: String, in language: MailLanguage) -> Letter {
        Letter(
            in: language,
            subject: language.choose(
                en: "A new password for VoltBus", pl: "Nowe hasło do VoltBus", cs: "Nové heslo k VoltBusu"),
            [
                .text(
                    language.choose(
                        en: "Somebody, we think you, wants to set a new password. Enter this code:",
                        pl: "Ktoś, zapewne Ty, chce ustawić nowe hasło. Wpisz ten kod:",
                        cs: "Někdo, nejspíš vy, si chce nastavit nové heslo. Zadejte tento kód:")),
                .code(code),
                .text(
                    language.choose(
                        en: "It is good for 10 minutes. If it was not you, do nothing: your password stays.",
                        pl: "Jest ważny 10 minut. Jeśli to nie Ty, nic nie rób: hasło się nie zmieni.",
                        cs: "Platí 10 minut. Pokud jste to nebyli vy, nedělejte nic: heslo zůstane stejné.")
                ),
            ])
    }

    static func passwordWasReset(in language: MailLanguage) -> Letter {
        Letter(
            in: language,
            subject: language.choose(
                en: "Your password was changed", pl: "Twoje hasło zostało zmienione",
                cs: "Vaše heslo bylo změněno"),
            [
                .text(
                    language.choose(
                        en:
                            "Your password was changed by a code from a mail, and every device was logged out. "
                            + "If it was not you, ask for a new code at once and tell us.",
                        pl: "Hasło zmieniono kodem z wiadomości, a wszystkie urządzenia wylogowano. "
                            + "Jeśli to nie Ty, od razu poproś o nowy kod i daj nam znać.",
                        cs: "Heslo bylo změněno kódem z e-mailu a všechna zařízení byla odhlášena. "
                            + "Pokud jste to nebyli vy, ihned si vyžádejte nový kód a dejte nám vědět."))
            ])
    }

    static func loginCode(_ code: String, in language: MailLanguage) -> Letter {
        Letter(
            in: language,
            subject: language.choose(
                en: "Your code for VoltBus", pl: "Twój kod do VoltBus", cs: "Váš kód k VoltBusu"),
            [
                .text(
                    language.choose(
                        en: "Enter this code:", pl: "Wpisz ten kod:", cs: "Zadejte tento kód:")),
                .code(code),
                .text(
                    language.choose(
                        en:
                            "It is good for 5 minutes, and once. If you are not logging in, somebody knows your "
                            + "password: change it.",
                        pl: "Jest ważny 5 minut i działa raz. Jeśli się nie logujesz, ktoś zna Twoje hasło: "
                            + "zmień je.",
                        cs: "Platí 5 minut a jen jednou. Pokud se nepřihlašujete, někdo zná vaše heslo: "
                            + "změňte je.")),
            ])
    }
}
