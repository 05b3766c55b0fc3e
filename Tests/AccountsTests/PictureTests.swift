import Core
import FoundationEssentials
import HTTP
import Postgres
import TestSupport
import Testing

@Suite(.accountsUp) struct `Pictures` {
    private func send(
        _ method: HTTP.Method, _ path: String, _ field: String, _ file: [UInt8], as credential: String
    ) async throws -> Answer {
        let head = "--b\r\nContent-Disposition: form-data; name=\"\(field)\"; filename=\"x.png\"\r\n\r\n"
        return try await AccountsUp.current.ask(
            method, path, Array(head.utf8) + file + Array("\r\n--b--\r\n".utf8), as: credential,
            headers: [("Content-Type", "multipart/form-data; boundary=b")])
    }

    @Test func `of oneself are drawn anew and shown to everybody`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let shown = "/api/v1/users/\(anna.id)/avatar"
        #expect(try await up.get(shown).status == 404)

        for (file, type) in [(SamplePictures.png, "image/png"), (SamplePictures.jpeg, "image/jpeg")] {
            let answer = try await send(.post, "/api/v1/users/me/avatar", "avatar", file, as: anna.token)
            #expect(answer.status == 200, "\(answer)")
            #expect(try answer.json == ["message": "Avatar updated", "avatar_url": .string(shown)])
            let picture = try await up.get(shown)
            #expect(picture.status == 200 && picture.headers["Content-Type"] == type)
            #expect(picture.headers["X-Content-Type-Options"] == "nosniff")
            #expect(!picture.body.holds("SECRET") && !picture.body.isEmpty)
        }
        #expect(try await up.get("/api/v1/users/me", as: anna.token)["avatar_url"] == .string(shown))

        #expect(try await up.delete("/api/v1/users/me/avatar", as: anna.token).status == 204)
        #expect(try await up.get(shown).status == 404)
        #expect(try await up.get("/api/v1/users/me", as: anna.token)["avatar_url"] == .null)
        #expect(try await Registry().audited(by: anna.id).suffix(3).allSatisfy { $0 == "UPDATE_AVATAR" })
    }

    @Test func `of others are stored by administrators alone`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let boss = try await up.rows.person("boss", role: "admin")
        let path = "/api/v1/users/\(anna.id)/avatar"

        #expect(try await send(.post, path, "avatar", SamplePictures.png, as: anna.token).status == 403)
        #expect(try await send(.post, path, "avatar", SamplePictures.png, as: boss.token).status == 200)
        #expect(
            try await send(.post, "/api/v1/users/9999/avatar", "avatar", SamplePictures.png, as: boss.token)
                .status == 404)
        #expect(try await Registry().audited(by: boss.id) == ["ADMIN_UPDATE_USER_AVATAR"])
    }

    @Test func `that are none are refused, and nothing is stored`() async throws {
        let up = AccountsUp.current
        let anna = try await up.register("anna")
        let files: [[UInt8]] = [
            [], Array("<svg onload='x()'/>".utf8), SamplePictures.widePNG,
            Array(SamplePictures.png.prefix(40)),
        ]

        for file in files {
            let answer = try await send(.post, "/api/v1/users/me/avatar", "avatar", file, as: anna.token)
            #expect(answer.status == 400 && answer["errors"]?["avatar"] != nil, "\(answer)")
        }
        let other = try await send(
            .post, "/api/v1/users/me/avatar", "else", SamplePictures.png, as: anna.token)
        #expect(other.status == 400)
        let json = try await up.post("/api/v1/users/me/avatar", ["avatar": "x"], as: anna.token)
        #expect(json.status == 415)
        let large = try await send(
            .post, "/api/v1/users/me/avatar", "avatar", [UInt8](repeating: 0, count: 5_300_000),
            as: anna.token)
        #expect(large.status == 413)
        #expect(try await up.get("/api/v1/users/\(anna.id)/avatar").status == 404)
    }

    @Test func `of stations are staff's to change`() async throws {
        let up = AccountsUp.current
        let worker = try await up.rows.person("worker", role: "operator")
        let anna = try await up.rows.person("anna")
        let site = try await Registry().site("Square")
        let path = "/api/v1/stations/\(site)/image"
        #expect(try await up.get("/api/v1/stations/\(site)")["image_url"] == .null)
        #expect(try await up.get(path).status == 404)

        #expect(try await send(.put, path, "image", SamplePictures.jpeg, as: anna.token).status == 403)
        let answer = try await send(.put, path, "image", SamplePictures.jpeg, as: worker.token)

        #expect(answer.status == 200)
        #expect(try answer.json == ["image_url": .string(path)])
        #expect(try await up.get(path).headers["Content-Type"] == "image/jpeg")
        #expect(try await up.get("/api/v1/stations/\(site)")["image_url"] == .string(path))
        let hidden = try await Registry().site("Hidden", status: "inactive")
        #expect(try await up.get("/api/v1/stations/\(hidden)/image").status == 404)
        #expect(try await Registry().audited(by: worker.id) == ["UPDATE_STATION"])
    }
}
