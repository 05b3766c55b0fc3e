import Core
import HTTP
import TestSupport
import Testing

@Suite(.accountsUp) struct `A profile` {
    @Test(.fact(104)) func `is the reader's own whoever read before, and shows a change at once`()
        async throws
    {
        let up = AccountsUp.current
        let boss = try await up.rows.person("boss", role: "admin", level: 10)
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        let paths = ["/api/v1/users/me", "/api/user/profile"]

        for path in paths {
            for person in [bob, anna, bob, anna, boss, anna] {
                #expect(try await up.get(path, as: person.token)["username"]?.text == person.username)
            }
        }

        for (number, change) in ["/api/v1/users/me", "/api/user/profile/update"].enumerated() {
            let city = JSONValue.string("Brno \(number)")
            #expect(try await up.patch(change, ["city": city], as: anna.token).status == 200)
            for path in paths { #expect(try await up.get(path, as: anna.token)["city"] == city) }
            #expect(try await up.get(paths[0], as: bob.token)["city"] == .null)
        }
        _ = try await up.patch("/api/v1/users/\(anna.id)", ["city": "Praha"], as: boss.token)
        for path in paths { #expect(try await up.get(path, as: anna.token)["city"] == "Praha") }
        let list = try await up.get("/api/v1/users", as: boss.token).json.elements
        #expect(list.first { $0["id"] == .integer(anna.id) }?["city"] == "Praha")
    }
}
