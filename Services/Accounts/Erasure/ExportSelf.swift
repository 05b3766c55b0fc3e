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

    init(_ name: String, _ rows: SQL) {
        self.name = name
        self.rows = rows
    }

    /// What names its person by `user_id`, in the order of the first column.
    init(_ name: String, _ columns: SQL, from table: SQL, of user: ID<User>) {
        self.init(name, "SELECT \(columns) FROM \(table) WHERE user_id = \(user) ORDER BY 1")
    }

    var query: Query<String> {
        "SELECT coalesce(json_agg(row_to_json(item)), '[]')::text FROM (\(rows)) AS item"
    }

    static func all(of user: ID<User>) -> [PersonalFile] {
        person(user) + charging(user) + money(user) + bookings(user)
    }

    private static func person(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                "account",
                """
                SELECT id, user_hex AS user_id, username, email, name, first_name, last_name, phone, address_line1, city,
                    postal_code, country, date_of_birth, gender, tax_id, language, role, access_level, status,
                    payment_plan, user_group, warning_emails_enabled, warning_email, created_at, last_login_at,
                    last_seen_at
                FROM accounts.account WHERE id = \(user)
                """),
            PersonalFile(
                "logins",
                "id, kind, ip_address, user_agent, created_at, last_used_at, expires_at, revoked_at",
                from: "accounts.login_session", of: user),
            PersonalFile(
                "login-history", "id, username, action, ip_address, user_agent, happened_at",
                from: "accounts.login_event", of: user),
            PersonalFile(
                "audit", "created_at, id, action, details, ip_address", from: "accounts.audit_entry", of: user
            ),
            PersonalFile(
                "two-factor", "method, is_active, created_at", from: "accounts.two_factor", of: user),
        ]
    }

    private static func charging(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                "tags",
                """
                SELECT id_tag, source, is_enabled, note, expires_at, parent_tag, registered_at, last_seen_at
                FROM accounts.tag WHERE user_id = \(user) AND deleted_at IS NULL ORDER BY id
                """),
            PersonalFile(
                "cars",
                """
                SELECT id, plate, name, battery_capacity_wh, max_charging_power_w, connector_type, year, country_code,
                    registered_on
                FROM accounts.car WHERE owner_id = \(user) AND deleted_at IS NULL ORDER BY id
                """),
            PersonalFile(
                "charge-points",
                """
                SELECT charge_point_id, title, description, address, latitude, longitude, is_enabled, access_level,
                    power_limit_w, created_at
                FROM accounts.charge_point WHERE owner_id = \(user) AND deleted_at IS NULL ORDER BY charge_point_id
                """),
            PersonalFile(
                "shares",
                """
                SELECT charge_point_id, user_id, granted_by, expires_at, created_at
                FROM accounts.access_grant WHERE user_id = \(user) OR granted_by = \(user) ORDER BY id
                """),
            PersonalFile(
                "sessions",
                """
                session_id, charge_point_id, connector_id, port_id, station_id, tag, car_id, status, requested_at,
                started_at, ended_at, energy_wh, price_running, funding
                """, from: "gateway_view.session", of: user),
            PersonalFile(
                "readings",
                """
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
                "bills",
                """
                session_id, energy_wh, price, discount, cost, funding, paid, refunded, points_earned, invoice_id
                """, from: "billing_view.settled_session", of: user),
            PersonalFile(
                "ledger",
                """
                id, amount, type, subject, funding, description, charging_id, parking_reservation_id, created_at
                """, from: "billing_view.ledger_entry", of: user),
            PersonalFile(
                "points", "id, points, reason, description, charging_id, balance_after, created_at",
                from: "billing_view.points_entry", of: user),
            PersonalFile(
                "payment-methods", "method_id, card_number, card_brand, expires_on, is_default, added_at",
                from: "billing_view.card", of: user),
            PersonalFile(
                "discounts",
                """
                SELECT discount_id, code, percent_hundredths, expires_at, max_uses, usage_count
                FROM billing_view.discount WHERE user_id = \(user) AND NOT is_deleted ORDER BY discount_id
                """),
        ]
    }

    private static func bookings(_ user: ID<User>) -> [PersonalFile] {
        [
            PersonalFile(
                "reservations",
                "id, charge_point_id, connector_id, tag, starts_at, expires_at, status, detail, created_at",
                from: "accounts.reservation", of: user),
            PersonalFile(
                "time-slots",
                """
                SELECT id, start_time, end_time, charge_point_id, connector_id, price_per_kwh, created_at
                FROM accounts.time_slot WHERE tutor_id = \(user) ORDER BY id
                """),
            PersonalFile(
                "meetings",
                """
                SELECT id, slot_id, tutor_id, student_id, subject, notes, status, created_at, confirmed_at
                FROM accounts.meeting WHERE tutor_id = \(user) OR student_id = \(user) ORDER BY id
                """),
            PersonalFile(
                "parking",
                """
                id, lot_id, spot_id, vehicle_number, vehicle_model, vehicle_color, remarks, parked_at, left_at,
                hourly_rate, cost, status
                """, from: "accounts.parking_reservation", of: user),
            PersonalFile(
                "notifications", "id, type, title, message, is_read, created_at",
                from: "accounts.notification",
                of: user),
            PersonalFile(
                "questions", "id, question, answer, created_at", from: "accounts.question", of: user),
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
