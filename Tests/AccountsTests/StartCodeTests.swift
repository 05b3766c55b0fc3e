import Core
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `The code on a connector` {
    @Test func `is the host's and staff's to print`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let host = try await up.rows.person("host")
        let anna = try await up.rows.person("anna")
        let worker = try await up.rows.person("worker", role: "operator")
        try await registry.point("OWN", owner: host.id)
        let port = try await registry.connector(of: "OWN")
        let path = "/api/v1/ports/\(port)/qr"

        let picture = try await up.get(path, as: host.token)
        #expect(picture.status == 200 && picture.headers["Content-Type"] == "image/svg+xml")
        #expect(picture.text.hasPrefix("<svg ") && !picture.text.contains("script"))
        let code = try #require(try await up.get("\(path)?format=json", as: worker.token)["qr_code"]?.text)
        #expect(code.hasPrefix("VB1:\(port):") && code.count >= 18)
        #expect(try await up.get(path, as: anna.token).status == 403)
        #expect(try await up.get(path).status == 401)
        #expect(try await up.get("/api/v1/ports/9999/qr", as: worker.token).status == 404)
    }

    @Test func `leads to its connector, and one that we did not make nowhere`() async throws {
        let (up, registry) = (AccountsUp.current, try Registry())
        let worker = try await up.rows.person("worker", role: "operator")
        let anna = try await up.rows.person("anna")
        try await registry.point("P1")
        let port = try await registry.connector(of: "P1")
        let code = try #require(
            try await up.get("/api/v1/ports/\(port)/qr?format=json", as: worker.token)["qr_code"]?.text)

        // Found: only the station is not there.
        let away = try await up.post("/api/v1/chargings", ["qr_code": .string(code)], as: anna.token)
        #expect(away.status == 409 && away.code == 2020, "\(away)")
        let other = code.replacing("VB1:\(port):", with: "VB1:\(port + 1):")
        for made in [other, "VB1:\(port)", "VB1:\(port):000000000000", "VB1::", "", "\(port)"] {
            let refused = try await up.post("/api/v1/chargings", ["qr_code": .string(made)], as: anna.token)
            #expect(refused.status == 400 && refused["errors"]?["qr_code"] != nil, "\(made)")
        }
    }
}

@Suite(.accountsUp) struct `Stations around a place` {
    private func found(_ query: String) async throws -> Set<String> {
        let answer = try await AccountsUp.current.get("/api/v1/stations?per_page=100&\(query)")
        #expect(answer.status == 200, "\(answer)")
        return Set(answer["items"]?.elements.compactMap { $0["name"]?.text } ?? [])
    }

    @Test func `are found across the date line and over the pole`() async throws {
        let registry = try Registry()
        for (name, place) in [
            ("Fiji West", (-17.0, 179.9)), ("Fiji East", (-17.0, -179.9)), ("Far", (-17.0, 0.0)),
            ("Pole here", (89.9, 10.0)), ("Pole there", (89.9, -170.0)), ("Prague", (50.08, 14.42)),
            ("Brno", (49.19, 16.61)),
        ] {
            _ = try await registry.site(name, at: place)
        }

        #expect(try await found("lat=-17&lng=180&radius=20") == ["Fiji West", "Fiji East"])
        #expect(try await found("lat=-17&lng=-179.95&radius=20") == ["Fiji West", "Fiji East"])
        #expect(try await found("lat=89.95&lng=10&radius=30") == ["Pole here", "Pole there"])
        #expect(try await found("lat=50.08&lng=14.42&radius=1") == ["Prague"])
        // 184 km as the crow flies.
        #expect(try await found("lat=50.08&lng=14.42&radius=180") == ["Prague"])
        #expect(try await found("lat=50.08&lng=14.42&radius=190") == ["Prague", "Brno"])
        #expect(try await found("lat=50.08&lng=14.42&radius=0") == ["Prague"])
        #expect(try await found("lat=0&lng=0&radius=20040").count == 7)
    }

    @Test func `are looked up in the index, not one after another`() async throws {
        let registry = try Registry()
        try await registry.owner.run(
            """
            INSERT INTO accounts.site (name, latitude, longitude, address, created_at)
            SELECT 'Site ' || number, (number % 170) - 85, (number % 359) - 179, 'Long Street 1', now()
            FROM generate_series(1, 5000) AS number
            """)
        try await registry.owner.run("ANALYZE accounts.site")

        #expect(try await found("lat=50.2&lng=14.2&radius=30").count < 50)

        try await Wait.until {
            let scans: Int64 = try await registry.owner.run(
                "SELECT coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_user_indexes WHERE indexrelname = 'site_place'"
            )
            return scans > 0
        }
    }
}
