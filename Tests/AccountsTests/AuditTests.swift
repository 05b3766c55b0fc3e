import AccountsService
import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

/// One request of a walk through the service, and what it leaves in the trail.
private struct Step {
    let route: String
    let target: String
    let body: JSONValue
    let action: String

    var method: HTTP.Method? { HTTP.Method(rawValue: String(route.prefix { $0 != " " })) }

    init(_ route: String, _ target: String? = nil, _ body: JSONValue = [:], leaves action: String) {
        self.route = route
        self.target = target ?? String(route.drop { $0 != " " }.dropFirst())
        self.body = body
        self.action = action
    }
}

@Suite(.accountsUp) struct `The audit trail` {
    /// Nothing of rights, money or configuration is changed by these; or another suite looks at what they leave.
    private static let elsewhere: [String: String] = [
        "POST /api/v1/users/authenticate": "login", "POST /api/v1/token": "login",
        "POST /api/auth/login": "login",
        "POST /api/v1/token/refresh": "a next token", "POST /api/auth/refresh": "a next token",
        "POST /api/auth/logout": "a login's end", "DELETE /api/v1/users/me/sessions/:id": "a login's end",
        "DELETE /api/v1/users/:id/sessions": "a login's end",
        "POST /api/v1/users/password-reset": "PasswordResetTests",
        "POST /api/v1/users/password-reset/confirm": "PasswordResetTests",
        "POST /api/v1/users/me/two-factor": "nothing is on yet",
        "POST /api/v1/users/me/two-factor/verify": "TwoFactorTests",
        "POST /api/v1/users/me/two-factor/recovery-codes": "TwoFactorTests",
        "DELETE /api/v1/users/me/two-factor": "TwoFactorTests",
        "DELETE /api/v1/users/:id/two-factor": "TwoFactorTests",
        "POST /api/v1/users/me/avatar": "PictureTests", "POST /api/v1/users/:id/avatar": "PictureTests",
        "PUT /api/v1/stations/:id/image": "PictureTests",
        "POST /api/v1/chargings": "the gateway's sessions",
        "POST /api/v1/chargings/qr": "the gateway's sessions",
        "PATCH /api/v1/chargings/:id": "the gateway's sessions",
        "POST /api/v1/chargings/:id/stop": "the gateway's sessions",
        "POST /api/v1/csc": "CentralTests", "POST /api/v1/charge-points/:id/availability": "CentralTests",
        "POST /api/v1/charge-points/:id/reset": "CentralTests",
        "POST /api/v1/charge-points/:id/unlock": "CentralTests",
        "PATCH /api/v1/charge-points/:id/configuration": "CentralTests",
        "POST /api/v1/charge-points/:id/orphans/:number/attach": "the desk's own tests",
        "POST /api/v1/charge-points/:id/orphans/:number/dismiss": "the desk's own tests",
        "POST /api/v1/charge-points/:id/quarantine/:number/dismiss": "the desk's own tests",
        "POST /api/v1/charge-points/:id/readings/:number/review": "the desk's own tests",
        "POST /api/v1/reservations": "the reservations' own tests",
        "DELETE /api/v1/reservations/:id": "the reservations' own tests",
        "POST /api/v1/charge-points/:id/certificate-requests/:number/approve": "the desk's own tests",
        "POST /api/v1/charge-points/:id/certificate-requests/:number/refuse": "the desk's own tests",
        "POST /api/admin/pkl/create": "ParkingTests", "POST /api/admin/pkl/update/:id": "ParkingTests",
        "PUT /api/admin/pkl/update/:id": "ParkingTests", "PATCH /api/admin/pkl/update/:id": "ParkingTests",
        "PATCH /api/admin/pkl/:id/spots/:number": "ParkingTests",
        "DELETE /api/admin/pkl/delete/:id": "ParkingTests", "POST /api/admin/pkl/release/:id": "ParkingTests",
        "POST /api/user/pkl/book/:id": "a stay of one's own",
        "POST /api/user/pkl/release": "a stay of one's own",
        "POST /api/v1/timeslots": "a time on offer", "PUT /api/v1/timeslots/:id": "a time on offer",
        "PATCH /api/v1/timeslots/:id": "a time on offer", "DELETE /api/v1/timeslots/:id": "a time on offer",
        "POST /api/v1/meetings": "an appointment", "PUT /api/v1/meetings/:id": "an appointment",
        "PATCH /api/v1/meetings/:id": "an appointment", "DELETE /api/v1/meetings/:id": "MeetingTests",
        "POST /api/v1/faq": "text to read", "PUT /api/v1/faq/:id": "text to read",
        "PATCH /api/v1/faq/:id": "text to read", "DELETE /api/v1/faq/:id": "text to read",
        "PATCH /api/v1/notifications/:id": "read or not",
        "POST /api/v1/notifications/read-all": "read or not",
        "POST /api/v1/notifications/ai": "text to read",
        "POST /api/v1/notifications/broadcast": "NotificationTests",
    ]

    private func walk(anna: Int64, port: Int64, car: Int64, site: Int64) -> [Step] {
        let account: JSONValue = [
            "username": "clara", "email": "clara@example.org", "password": "Kettle-4711",
        ]
        let station: JSONValue = [
            "name": "Square", "lat": .number(50.1), "lng": .number(14.4), "address": "Long Street 1",
        ]
        let car_: JSONValue = [
            "plate": "1AB2345", "name": "BMW", "battery_capacity_wh": 60_000, "max_charging_power": 11_000,
            "connector_type": "CCS", "year": 2_020, "country_code": "CZ",
        ]
        var steps: [Step] = []
        steps.append(
            Step(
                "POST /api/v1/users/register", nil, ["username": "dora", "password": "Kettle-4711"],
                leaves: "CREATE_USER"))
        steps.append(Step("POST /api/v1/users", nil, account, leaves: "CREATE_USER"))
        steps.append(
            Step(
                "POST /api/v1/users/create", nil, ["username": "emil", "password": "Kettle-4711"],
                leaves: "CREATE_USER"))
        steps.append(
            Step(
                "PUT /api/v1/users/update/:name", "/api/v1/users/update/anna", ["access_level": 3],
                leaves: "UPDATE_USER"))
        steps.append(
            Step(
                "PATCH /api/v1/users/:id", "/api/v1/users/\(anna)", ["role": "operator"],
                leaves: "UPDATE_USER"))
        steps.append(Step("PATCH /api/v1/users/me", nil, ["city": "Brno"], leaves: "UPDATE_USER_SELF"))
        steps.append(
            Step("PATCH /api/user/profile/update", nil, ["city": "Brno"], leaves: "UPDATE_USER_SELF"))
        steps.append(Step("POST /api/v1/users/invites", nil, leaves: "UPDATE_CONFIG"))
        steps.append(
            Step("PUT /api/v1/config/:name", "/api/v1/config/app", ["name": "app"], leaves: "UPDATE_CONFIG"))
        steps.append(
            Step(
                "POST /api/v1/user-tags/create", nil, ["username": "anna", "id_tag": "T1"],
                leaves: "CREATE_TAG"))
        steps.append(
            Step(
                "PUT /api/v1/user-tags/update/:idTag", "/api/v1/user-tags/update/T1", ["is_enabled": false],
                leaves: "UPDATE_TAG"))
        steps.append(
            Step(
                "DELETE /api/v1/user-tags/delete/:idTag", "/api/v1/user-tags/delete/T1", leaves: "DELETE_TAG")
        )
        steps.append(Step("POST /api/v1/user-tags", nil, ["id_tag": "OWN1"], leaves: "CREATE_TAG"))
        steps.append(
            Step(
                "PATCH /api/v1/user-tags/:idTag", "/api/v1/user-tags/OWN1", ["note": "x"],
                leaves: "UPDATE_TAG"))
        steps.append(Step("DELETE /api/v1/user-tags/:idTag", "/api/v1/user-tags/OWN1", leaves: "DELETE_TAG"))
        steps.append(Step("POST /api/v1/stations", nil, station, leaves: "CREATE_STATION"))
        steps.append(
            Step(
                "PATCH /api/v1/stations/:id", "/api/v1/stations/\(site)", ["price_per_kwh": 50],
                leaves: "UPDATE_STATION"))
        steps.append(
            Step("PUT /api/v1/stations/:id", "/api/v1/stations/\(site)", station, leaves: "UPDATE_STATION"))
        steps.append(
            Step("DELETE /api/v1/stations/:id", "/api/v1/stations/\(site)", leaves: "DELETE_STATION"))
        steps.append(
            Step("POST /api/v1/charge-points", nil, ["title": "Wallbox"], leaves: "CREATE_CHARGE_POINT"))
        steps.append(
            Step(
                "POST /api/v1/point/:id", "/api/v1/point/P1", ["title": "New"], leaves: "UPDATE_CHARGE_POINT")
        )
        steps.append(
            Step(
                "PATCH /api/v1/charge-points/:id", "/api/v1/charge-points/P1", ["is_enabled": false],
                leaves: "UPDATE_CHARGE_POINT"))
        steps.append(
            Step(
                "POST /api/v1/charge-points/:id/password", "/api/v1/charge-points/P1/password",
                leaves: "ISSUE_CONNECTION_PASSWORD"))
        steps.append(
            Step(
                "POST /api/v1/points/access", nil, ["charge_point_id": "P1", "username": "anna"],
                leaves: "GRANT_ACCESS"))
        steps.append(
            Step(
                "POST /api/v1/ports", nil,
                ["charge_point_id": "P1", "max_power": 11_000, "connector_type": "CCS"], leaves: "CREATE_PORT"
            ))
        steps.append(
            Step(
                "PATCH /api/v1/ports/:id", "/api/v1/ports/\(port)", ["price_per_kwh": 50],
                leaves: "UPDATE_PORT"))
        steps.append(
            Step(
                "PUT /api/v1/ports/:id", "/api/v1/ports/\(port)", ["status": "Maintenance"],
                leaves: "UPDATE_PORT"))
        steps.append(Step("DELETE /api/v1/ports/:id", "/api/v1/ports/\(port)", leaves: "DELETE_PORT"))
        steps.append(
            Step(
                "DELETE /api/v1/charge-points/:id", "/api/v1/charge-points/P1", leaves: "DELETE_CHARGE_POINT")
        )
        steps.append(Step("POST /api/v1/cars", nil, car_, leaves: "CREATE_CAR"))
        steps.append(
            Step("PATCH /api/v1/cars/:id", "/api/v1/cars/\(car)", ["name": "Audi"], leaves: "UPDATE_CAR"))
        steps.append(Step("DELETE /api/v1/cars/:id", "/api/v1/cars/\(car)", leaves: "DELETE_CAR"))
        steps.append(
            Step("DELETE /api/v1/users/delete/:name", "/api/v1/users/delete/emil", leaves: "DELETE_USER"))
        steps.append(Step("DELETE /api/v1/users/:id", "/api/v1/users/\(anna)", leaves: "DELETE_USER"))
        steps.append(
            Step(
                "POST /api/v1/users/me/password", nil,
                ["old_password": "Kettle-4711", "new_password": "Kettle-4712"], leaves: "CHANGE_PASSWORD"))
        return steps
    }

    @Test func `holds an entry of everything that changes rights or configuration`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let boss = try await up.register("boss")
        try await registry.owner.run(
            "UPDATE accounts.account SET role = 'admin', access_level = 10 WHERE id = \(boss.id)")
        let anna = try await up.register("anna")
        let site = try await registry.site("Old Square")
        try await registry.point("P1")
        let port = try await registry.connector(of: "P1")
        let car: Int64 = try await registry.owner.run(
            """
            INSERT INTO accounts.car (owner_id, plate, name, battery_capacity_wh, max_charging_power_w, connector_type, year,
                country_code, registered_on)
            VALUES (\(boss.id), 'PLATE', 'BMW', 60000, 11000, 'CCS', 2020, 'CZ', now())
            RETURNING id
            """)
        let steps = walk(anna: anna.id, port: port, car: car, site: site)

        for step in steps {
            let before = try await registry.audited().count
            let method = try #require(step.method)
            let bytes = method == .delete ? [] : JSONWriter.encode(step.body)

            let answer = try await up.ask(method, step.target, bytes, as: boss.token)

            #expect((200..<300).contains(answer.status), "\(step.route): \(answer)")
            let left = try await registry.audited().dropFirst(before)
            #expect(left.contains(step.action), "\(step.route) left \(left)")
        }

        // What changes several things alike shares its handler with what was walked.
        let alike: Set = [
            "POST /api/auth/register", "PUT /api/v1/users/:id", "PUT /api/v1/users/me",
            "POST /api/user/profile/update", "PUT /api/user/profile/update", "PUT /api/v1/charge-points/:id",
            "POST /api/v1/stations/:id/ports", "DELETE /api/v1/points/access/:id", "PUT /api/v1/cars/:id",
            "DELETE /api/v1/users/me/avatar",
        ]
        let known = alike.union(steps.map(\.route)).union(Self.elsewhere.keys)
        for guarded in up.accounts.routes where guarded.route.method != .get {
            let name = "\(guarded.route.method.rawValue) \(guarded.route.pattern)"
            #expect(known.contains(name), "\(name): what does it leave in the trail?")
        }
    }

    @Test func `holds no password, token or code`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let anna = try await up.register("anna", ["email": "anna@example.org"])
        _ = try await up.logIn("anna", anna.password)
        _ = try await up.post("/api/v1/users/authenticate", ["username": "anna", "password": "Teapot-0815"])
        _ = try await up.post(
            "/api/v1/users/me/password",
            ["old_password": .string(anna.password), "new_password": "Kettle-4799"],
            as: anna.token)

        let trail = try await registry.text(of: "audit_entry")
        for secret in [anna.password, "Teapot-0815", "Kettle-4799", anna.token] {
            #expect(!trail.contains(secret))
        }
    }
}
