import Contracts
import Core
import Documents
import HTTP
import Hosting
import Postgres

struct AvatarAnswer: Codable, Sendable {
    var message: String
    var avatar_url: String
}

struct PictureAnswer: Codable, Sendable {
    var image_url: String
}

extension Accounts {
    /// Pictures of people and of stations.
    @RouteTable var pictureRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/users/me/avatar", storeOwnAvatar).failing("Failed to update avatar")
            .summary("The caller's picture").taking(file: "avatar").needs(.user)
        Route(.post, "/api/v1/users/:id/avatar", storeAvatar).failing("Failed to update avatar")
            .summary("Somebody's picture").taking(file: "avatar").needs(.admin)
        Route(.get, "/api/v1/users/:id/avatar", showAvatar).failing("Failed to get avatar")
            .summary("Somebody's picture").open
        Route(.delete, "/api/v1/users/me/avatar", endAvatar).failing("Failed to delete avatar")
            .summary("No picture any more").needs(.user)
        Route(.put, "/api/v1/stations/:id/image", storeSitePicture).failing("Failed to update image")
            .summary("A station's picture").taking(file: "image").needs(.power)
        Route(.get, "/api/v1/stations/:id/image", showSitePicture).failing("Failed to get image")
            .summary("A station's picture").open
    }

    /// The most points that a side may have.
    private static let avatarSide = 2_048
    private static let siteSide = 4_096

    func storeOwnAvatar(_ call: Call<None, None, Multipart>) async throws -> OK<AvatarAnswer> {
        try await store(call.body, of: ID(call.identified.user), by: call.identified, call.request)
    }

    func storeAvatar(_ call: Call<UserPath, None, Multipart>) async throws -> OK<AvatarAnswer> {
        let account = try await account(call.path.id)
        return try await store(call.body, of: account.id, by: call.identified, call.request)
    }

    private func store(
        _ form: Multipart, of user: ID<User>, by caller: Caller, _ request: Request
    ) async throws -> OK<AvatarAnswer> {
        let picture = try await picture(in: form, field: "avatar", side: Self.avatarSide)
        let host = host
        let action = user.number == caller.user ? "UPDATE_AVATAR" : "ADMIN_UPDATE_USER_AVATAR"
        try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.store(avatar: picture, of: user, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(action, by: caller.user, ["user_id": .integer(user.number)], from: request),
                    in: .accounts, at: now))
        }
        return OK(AvatarAnswer(message: "Avatar updated", avatar_url: Account.avatarPath(of: user)))
    }

    func showAvatar(_ call: Call<UserPath, None, None>) async throws -> Download<PhotoFile> {
        guard let picture = try await host.database.run(.avatar(of: call.path.id)) else {
            throw AccountsRefusal.noPicture
        }
        return Download(picture.bytes.bytes, type: picture.mediaType)
    }

    func endAvatar(_ call: Call<None, None, None>) async throws -> NoContent {
        let (host, caller, request) = (host, call.identified, call.request)
        try await host.database.transaction { transaction in
            try await transaction.run(.forgetAvatar(of: ID(caller.user)))
            try await transaction.run(
                .record(
                    AuditEntry("UPDATE_AVATAR", by: caller.user, ["removed": true], from: request),
                    in: .accounts, at: host.clock.now))
        }
        return NoContent()
    }

    func storeSitePicture(_ call: Call<SitePath, None, Multipart>) async throws -> OK<PictureAnswer> {
        let (host, caller, request, site) = (host, call.identified, call.request, call.path.id)
        guard try await host.database.run(.site(site.number, for: Viewer(caller), at: host.clock.now)) != nil
        else { throw SiteRefusal.noSuchSite }
        let picture = try await picture(in: call.body, field: "image", side: Self.siteSide)
        try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.store(picture: picture, ofSite: site, at: now))
            try await transaction.run(
                .record(
                    AuditEntry(
                        "UPDATE_STATION", by: caller.user,
                        ["station_id": .integer(site.number), "image": true], from: request),
                    in: .accounts, at: now))
        }
        return OK(PictureAnswer(image_url: StationBody.imagePath(of: site.number)))
    }

    func showSitePicture(_ call: Call<SitePath, None, None>) async throws -> Download<PhotoFile> {
        let (viewer, site) = (Viewer(call.caller), call.path.id)
        guard try await host.database.run(.site(site.number, for: viewer, at: host.clock.now)) != nil else {
            throw SiteRefusal.noSuchSite
        }
        guard let picture = try await host.database.run(.picture(ofSite: site)) else {
            throw AccountsRefusal.noPicture
        }
        return Download(picture.bytes.bytes, type: picture.mediaType)
    }

    /// Throws: `AccountsRefusal.invalid` for what is no picture of ours.
    private func picture(in form: Multipart, field: String, side: Int) async throws -> Picture {
        guard let part = form.part(field), !part.bytes.isEmpty else {
            throw AccountsRefusal.invalid(field: field, "is required")
        }
        do { return try await pictures.redraw(part.bytes, side: side) } catch let unusable as UnusablePicture
        {
            switch unusable {
            case .neitherPNGNorJPEG: throw AccountsRefusal.invalid(field: field, "must be PNG or JPEG")
            case .tooLarge(let side):
                throw AccountsRefusal.invalid(field: field, "must be at most \(side) × \(side)")
            case .broken: throw AccountsRefusal.invalid(field: field, "cannot be read")
            }
        }
    }
}

extension Account {
    static func avatarPath(of user: ID<User>) -> String { "/api/v1/users/\(user.number)/avatar" }
}

extension StationBody {
    static func imagePath(of site: Int64) -> String { "/api/v1/stations/\(site)/image" }
}
