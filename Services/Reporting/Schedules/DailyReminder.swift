import Core
package import FoundationEssentials
import Hosting
import Mail
import Postgres

/// Whom the daily reminder goes to, and why.
struct RemindedDriver: LetterReader {
    let user: Int64
    let email: String
    let name: String
    let language: MailLanguage
    /// Lots of the last day; empty when it is the silence that is the reason.
    let lots: [String]

    init(_ cells: inout Cells) throws {
        user = try cells.next()
        email = try cells.next()
        name = try cells.next()
        language = MailLanguage(rawValue: try cells.next()) ?? .en
        lots = try cells.next()
    }

    var letter: Letter {
        let hello = language.choose(en: "Hello \(name),", pl: "Cześć \(name),", cs: "Dobrý den, \(name),")
        guard lots.isEmpty else {
            return Letter(
                in: language,
                subject: language.choose(
                    en: "A new car park", pl: "Nowy parking", cs: "Nové parkoviště"),
                [
                    .text(hello),
                    .text(
                        language.choose(
                            en: "there is more room for you now: \(lots.joined(separator: ", ")).",
                            pl: "mamy dla Ciebie nowe miejsca: \(lots.joined(separator: ", ")).",
                            cs: "máme pro vás nová místa: \(lots.joined(separator: ", ")).")),
                ])
        }
        return Letter(
            in: language,
            subject: language.choose(
                en: "We have not seen you for a while", pl: "Dawno Cię u nas nie było",
                cs: "Dlouho jsme vás neviděli"),
            [
                .text(hello),
                .text(
                    language.choose(
                        en: "you have neither parked nor charged for three days. A place is waiting for you.",
                        pl: "od trzech dni nie parkujesz ani nie ładujesz. Miejsce czeka na Ciebie.",
                        cs: "už tři dny jste neparkovali ani nenabíjeli. Místo na vás čeká.")),
            ])
    }
}

extension Query where Result == [RemindedDriver] {
    static func reminded(
        at moment: Date, key: String, after user: Int64, limit: Int
    ) -> Self {
        let silence = moment - 3 * 86_400
        return """
            WITH added AS (
                SELECT coalesce(array_agg(name ORDER BY lot_id), '{}') AS names
                FROM accounts_view.parking_lot
                WHERE created_at > \(moment - 86_400) AND created_at <= \(moment) AND is_active AND NOT is_deleted
            )
            SELECT person.user_id, person.email, coalesce(nullif(person.name, ''), person.username), person.language,
                added.names
            FROM accounts_view.account AS person
            CROSS JOIN added
            WHERE person.user_id > \(user) AND person.is_active AND NOT person.is_deleted AND person.email <> ''
                AND (cardinality(added.names) > 0 OR (
                    NOT EXISTS (
                        SELECT FROM accounts_view.parking_reservation AS stay
                        WHERE stay.user_id = person.user_id
                            AND (stay.status = 'active' OR (stay.status = 'completed' AND stay.left_at > \(silence)))
                    )
                    AND NOT EXISTS (
                        SELECT FROM gateway_view.session AS charge
                        WHERE charge.user_id = person.user_id
                            AND (NOT charge.is_finished OR charge.ended_at > \(silence))
                    )))
                AND NOT EXISTS (
                    SELECT FROM reporting.job_letter AS written
                    WHERE written.job = 'daily reminder' AND written.key = \(key)
                        AND written.user_id = person.user_id
                )
            ORDER BY person.user_id
            LIMIT \(limit)
            """
    }
}

extension Reporting {
    package func sendDailyReminders(on moment: Date, key: String) async throws -> Int {
        try await JobLetters<RemindedDriver>(
            reporting: self, job: "daily reminder", key: key,
            unwritten: { .reminded(at: moment, key: key, after: $0, limit: $1) }, letter: { $0.letter }
        ).write()
    }
}
