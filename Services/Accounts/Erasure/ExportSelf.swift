import Compression
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres

/// Everything that is stored about somebody, as files for them to keep: JSON, and their invoices as they were printed.
struct ExportSelf {
    let accounts: Accounts
    let user: ID<User>

    /// Invoices are read so many at a time.
    private static let portion = 20

    func archive() async throws -> [UInt8] {
        let (database, now) = (accounts.host.database, accounts.host.clock.now)
        var files: [(name: String, bytes: [UInt8])] = []
        for file in PersonalFile.all(of: user) {
            let json = try await database.run(file.query)
            files.append(("\(file.name).json", Array(json.utf8)))
        }
        if let avatar = try await database.run(.avatar(of: user)) {
            let ending = avatar.mediaType == "image/png" ? "png" : "jpg"
            files.append(("avatar.\(ending)", avatar.bytes.bytes))
        }
        var last: Int64 = 0
        while true {
            let invoices = try await database.run(.invoices(of: user, after: last, limit: Self.portion))
            for invoice in invoices {
                let name = invoice.number.replacing("/", with: "-")
                files.append(("invoices/\(name).pdf", invoice.pdf.bytes))
            }
            guard invoices.count == Self.portion, let end = invoices.last else { break }
            last = end.id
        }
        let packed = files
        // A core's work for as long as there is something to pack.
        return try await accounts.packing.run {
            var (zip, archive) = (ZIPWriter(), [UInt8]())
            for file in packed { try zip.add(file.name, file.bytes, modified: now, to: &archive) }
            zip.finish(to: &archive)
            return archive
        }
    }
}

/// One file of the archive: rows as JSON objects. Named columns only: no password, no digest, no secret.
private struct PersonalFile {
    let name: String
    let rows: SQL

    var query: Query<String> {
        "SELECT coalesce(json_agg(row_to_json(item)), '[]')::text FROM (\(rows)) AS item"
    }

    static func all(of user: ID<User>) -> [PersonalFile] {
        person(user) + charging(user) + money(user) + bookings(user)
    }

    private static func person(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                name: "account",
                rows: """
                    SELECT id, user_hex AS user_id, username, email, name, first_name, last_name, phone, address_line1, city,
                        postal_code, country, date_of_birth, gender, tax_id, language, role, access_level, status,
                        payment_plan, user_group, warning_emails_enabled, warning_email, created_at, last_login_at,
                        last_seen_at
                    FROM accounts.account WHERE id = \(user)
                    """),
            PersonalFile(
                name: "logins",
                rows: """
                    SELECT id, kind, ip_address, user_agent, created_at, last_used_at, expires_at, revoked_at
                    FROM accounts.login_session WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "login-history",
                rows: """
                    SELECT id, username, action, ip_address, user_agent, happened_at
                    FROM accounts.login_event WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "audit",
                rows: """
                    SELECT id, action, details, ip_address, created_at
                    FROM accounts.audit_entry WHERE user_id = \(user) ORDER BY created_at, id
                    """),
            PersonalFile(
                name: "two-factor",
                rows: "SELECT method, is_active, created_at FROM accounts.two_factor WHERE user_id = \(user)"),
        ]
    }

    private static func charging(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                name: "tags",
                rows: """
                    SELECT id_tag, source, is_enabled, note, expires_at, parent_tag, registered_at, last_seen_at
                    FROM accounts.tag WHERE user_id = \(user) AND deleted_at IS NULL ORDER BY id
                    """),
            PersonalFile(
                name: "cars",
                rows: """
                    SELECT id, plate, name, battery_capacity_wh, max_charging_power_w, connector_type, year, country_code,
                        registered_on
                    FROM accounts.car WHERE owner_id = \(user) AND deleted_at IS NULL ORDER BY id
                    """),
            PersonalFile(
                name: "charge-points",
                rows: """
                    SELECT charge_point_id, title, description, address, latitude, longitude, is_enabled, access_level,
                        power_limit_w, created_at
                    FROM accounts.charge_point WHERE owner_id = \(user) AND deleted_at IS NULL ORDER BY charge_point_id
                    """),
            PersonalFile(
                name: "shares",
                rows: """
                    SELECT charge_point_id, user_id, granted_by, expires_at, created_at
                    FROM accounts.access_grant WHERE user_id = \(user) OR granted_by = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "sessions",
                rows: """
                    SELECT session_id, charge_point_id, connector_id, port_id, station_id, tag, car_id, status, requested_at,
                        started_at, ended_at, energy_wh, price_running, funding
                    FROM gateway_view.session WHERE user_id = \(user) ORDER BY session_id
                    """),
            PersonalFile(
                name: "readings",
                rows: """
                    SELECT reading.session_id, reading.taken_at, reading.energy_wh, reading.price, reading.power_w,
                        reading.state_of_charge
                    FROM gateway_view.reading AS reading
                    JOIN gateway_view.session AS session ON session.session_id = reading.session_id
                    WHERE session.user_id = \(user) ORDER BY reading.session_id, reading.taken_at
                    """),
        ]
    }

    private static func money(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                name: "bills",
                rows: """
                    SELECT session_id, energy_wh, price, discount, cost, funding, paid, refunded, points_earned, invoice_id
                    FROM billing_view.settled_session WHERE user_id = \(user) ORDER BY session_id
                    """),
            PersonalFile(
                name: "ledger",
                rows: """
                    SELECT id, amount, type, subject, funding, description, charging_id, parking_reservation_id, created_at
                    FROM billing_view.ledger_entry WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "points",
                rows: """
                    SELECT id, points, reason, description, charging_id, balance_after, created_at
                    FROM billing_view.points_entry WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "payment-methods",
                rows: """
                    SELECT method_id, card_number, card_brand, expires_on, is_default, added_at
                    FROM billing_view.card WHERE user_id = \(user) ORDER BY method_id
                    """),
            PersonalFile(
                name: "discounts",
                rows: """
                    SELECT discount_id, code, percent_hundredths, expires_at, max_uses, usage_count
                    FROM billing_view.discount WHERE user_id = \(user) AND NOT is_deleted ORDER BY discount_id
                    """),
        ]
    }

    private static func bookings(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                name: "reservations",
                rows: """
                    SELECT id, charge_point_id, connector_id, tag, starts_at, expires_at, status, detail, created_at
                    FROM accounts.reservation WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "time-slots",
                rows: """
                    SELECT id, start_time, end_time, charge_point_id, connector_id, price_per_kwh, created_at
                    FROM accounts.time_slot WHERE tutor_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "meetings",
                rows: """
                    SELECT id, slot_id, tutor_id, student_id, subject, notes, status, created_at, confirmed_at
                    FROM accounts.meeting WHERE tutor_id = \(user) OR student_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "parking",
                rows: """
                    SELECT id, lot_id, spot_id, vehicle_number, vehicle_model, vehicle_color, remarks, parked_at, left_at,
                        hourly_rate, cost, status
                    FROM accounts.parking_reservation WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "notifications",
                rows: """
                    SELECT id, type, title, message, is_read, created_at
                    FROM accounts.notification WHERE user_id = \(user) ORDER BY id
                    """),
            PersonalFile(
                name: "questions",
                rows: """
                    SELECT id, question, answer, created_at FROM accounts.question WHERE user_id = \(user) ORDER BY id
                    """),
        ]
    }
}

/// An invoice as billing keeps it.
private struct PrintedInvoice: Row, Sendable {
    var id: Int64
    var number: String
    var pdf: Octets

    static let columns = "invoice_id, number, pdf"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        number = try cells.next()
        pdf = try cells.next()
    }
}

extension Query where Result == [PrintedInvoice] {
    fileprivate static func invoices(of user: ID<User>, after last: Int64, limit: Int) -> Self {
        """
        SELECT \(columns: PrintedInvoice.self) FROM billing_view.invoice_document
        WHERE user_id = \(user) AND invoice_id > \(last) AND pdf IS NOT NULL
        ORDER BY invoice_id
        LIMIT \(limit)
        """
    }
}
