import AccountsService
import Contracts
import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `Every route` {
    /// Free to look at for everybody, by the contract's tables.
    private static let open: Set<String> = [
        "GET /api/health", "GET /api/v1/openapi.json", "GET /api/v1/docs", "GET /.well-known/jwks.json",
        "GET /api/v1/config/:name", "POST /api/v1/users/authenticate", "POST /api/v1/users/register",
        "POST /api/v1/token", "POST /api/v1/token/refresh", "POST /api/auth/login",
        "POST /api/auth/register", "POST /api/auth/refresh", "POST /api/v1/users/password-reset",
        "POST /api/v1/users/password-reset/confirm", "GET /api/v1/users/:id/avatar",
        "GET /api/v1/charge-points", "GET /api/v1/charge-points/:id", "GET /api/v1/stations",
        "GET /api/v1/stations/:id", "GET /api/v1/stations/:id/image", "GET /api/v1/stations/:id/ports",
        "GET /api/v1/ports", "GET /api/v1/ports/:id", "GET /api/v1/ports/:id/status", "GET /api/v1/faq",
        "GET /api/v1/faq/:id",
    ]

    private var routes: [GuardedRoute] { AccountsUp.current.accounts.routes }

    private func name(_ guarded: GuardedRoute) -> String {
        "\(guarded.route.method.rawValue) \(guarded.route.pattern)"
    }

    /// A path that the pattern matches, with these in its places.
    private func path(_ guarded: GuardedRoute, _ values: [String: String] = [:]) -> String {
        guarded.route.pattern.description.split(separator: "/", omittingEmptySubsequences: false).map {
            part in
            part.hasPrefix(":") ? values[String(part.dropFirst())] ?? "1" : String(part)
        }.joined(separator: "/")
    }

    @Test func `that is open is one of those that the contract opens`() {
        for guarded in routes where guarded.right == .open {
            #expect(Self.open.contains(name(guarded)), "\(name(guarded)) is open")
        }
        let names = routes.map(name)
        #expect(Set(names).count == names.count)
    }

    @Test func `with a right refuses whoever is not logged in`() async throws {
        for guarded in routes where guarded.right != .open {
            let answer = try await AccountsUp.current.ask(guarded.route.method, path(guarded))
            #expect(answer.status == 401 && answer.code == 2001, "\(name(guarded))")
            #expect(answer.headers["WWW-Authenticate"] == "Bearer")
        }
    }

    @Test func `for staff refuses drivers, and for administrators operators`() async throws {
        let up = AccountsUp.current
        let anna = try await up.rows.person("anna", level: 10)
        let worker = try await up.rows.person("worker", role: "operator", level: 10)
        for guarded in routes where guarded.right == .power || guarded.right == .admin {
            for person in guarded.right == .admin ? [anna, worker] : [anna] {
                let answer = try await up.ask(guarded.route.method, path(guarded), as: person.token)
                #expect(answer.status == 403 && answer.code == 2001, "\(name(guarded))")
            }
        }
    }

    @Test func `about one thing keeps it from whom it does not belong to`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let (owner, thief) = (try await up.rows.person("owner"), try await up.rows.person("thief"))
        let site = try await registry.site("Home", owner: owner.id)
        try await registry.point("OWN", owner: owner.id, site: site, level: 10)
        let port = try await registry.connector(of: "OWN")
        try await up.rows.tag("OWNTAG", of: owner.id)
        let session = try await registry.session(on: "OWN", of: owner.id, owner: owner.id)
        let car: Int64 = try await registry.owner.run(
            """
            INSERT INTO accounts.car (owner_id, plate, name, battery_capacity_wh, max_charging_power_w, connector_type, year,
                country_code, registered_on)
            VALUES (\(owner.id), 'PLATE', 'BMW', 60000, 11000, 'CCS', 2020, 'CZ', now())
            RETURNING id
            """)
        try await registry.share("OWN", with: owner.id, by: owner.id)
        let grant: Int64 = try await registry.owner.run("SELECT id FROM accounts.access_grant")
        let reservation: Int64 = try await registry.owner.run(
            """
            INSERT INTO accounts.reservation (user_id, charge_point_id, connector_id, starts_at, expires_at, created_at,
                changed_at)
            VALUES (\(owner.id), 'OWN', 1, now(), now() + interval '1 hour', now(), now())
            RETURNING id
            """)
        let (meeting, notice) = try await registry.meeting(of: owner.id)
        let question: Int64 = try await registry.owner.run(
            """
            INSERT INTO accounts.question (question, user_id, created_at, updated_at)
            VALUES ('Where is it?', \(owner.id), now(), now())
            RETURNING id
            """)
        let token = try await up.post("/api/v1/chargings/qr", [:], as: owner.token)["qr_token"]?.text
        let foreign: [(prefix: String, values: [String: String])] = [
            ("/api/v1/chargings/qr", ["token": try #require(token)]),
            ("/api/v1/timeslots", ["id": "\(meeting)"]), ("/api/v1/meetings", ["id": "\(meeting)"]),
            ("/api/v1/notifications", ["id": "\(notice)"]), ("/api/v1/faq", ["id": "\(question)"]),
            ("/api/admin/pkl", ["id": "1", "number": "1"]),
            ("/api/v1/users/me/sessions", ["id": "\(owner.login)"]),
            ("/api/v1/users", ["id": "\(owner.id)", "name": "owner"]),
            ("/api/v1/user-tags", ["idTag": "OWNTAG"]), ("/api/v1/point/", ["id": "OWN"]),
            ("/api/v1/charge-points", ["id": "OWN"]), ("/api/v1/stations", ["id": "\(site)"]),
            ("/api/v1/ports", ["id": "\(port)"]), ("/api/v1/chargings", ["id": "\(session)"]),
            ("/api/v1/cars", ["id": "\(car)"]), ("/api/v1/points/access", ["id": "\(grant)"]),
            ("/api/v1/reservations", ["id": "\(reservation)"]),
        ]
        // Public by the contract, whoever it shows.
        let exempt: Set = [
            "GET /api/v1/config/:name", "PUT /api/v1/config/:name", "GET /api/v1/chp/:search",
            "GET /api/v1/users/:id/avatar",
            // A lot is nobody's: whoever finds a place in it may have it.
            "POST /api/user/pkl/book/:id",
        ]
        for guarded in routes where guarded.route.pattern.description.contains("/:") {
            guard !exempt.contains(name(guarded)) else { continue }
            let pattern = guarded.route.pattern.description
            let values = try #require(
                foreign.first { pattern.hasPrefix($0.prefix) }?.values, "\(pattern): what is foreign there?")
            let target = path(guarded, values)
            // Whatever a route asks for, so that nothing but the right stands in the way.
            let body: JSONValue = [
                "title": "x", "name": "x", "password": "0123456789", "city": "x", "key": "K", "value": "1",
                "available": true, "connector_id": 1, "type": "Soft", "transaction_id": 1, "grade": "good",
                "is_read": true,
            ]
            let bytes = [.get, .delete].contains(guarded.route.method) ? [] : JSONWriter.encode(body)
            let answer = try await up.ask(guarded.route.method, target, bytes, as: thief.token)
            #expect([403, 404].contains(answer.status), "\(name(guarded)) as \(target): \(answer)")
        }
    }
}
