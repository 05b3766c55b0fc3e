import Contracts
import Core
import Documents
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct StartTokenPath: Codable, Sendable {
    var token: String
}

extension Accounts {
    @RouteTable var startTokenRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/chargings/qr", makeStartToken).failing("Failed to make QR token")
            .summary("A one-time tag for a station with a scanner").limited(by: .commands).needs(.user)
        Route(.get, "/api/v1/chargings/qr/:token", showStartToken).failing("Failed to get QR token")
            .summary("Whether a session began with it").needs(.user)
    }

    func makeStartToken(_ call: Call<None, None, None>) async throws -> Created<NewStartTokenBody> {
        let (user, now) = (call.identified.user, host.clock.now)
        if settings.sites.requiresPaymentMethod,
            try await !host.database.run(.means(of: user)).suffice(at: now)
        {
            throw ChargingRefusal.noMeans
        }
        _ = try await tagForStart(of: ID(user))
        let (token, end) = (StartToken.made(), now.addingTimeInterval(StartToken.life))
        guard let picture = QRCode(token.text) else {
            preconditionFailure("twenty letters fit into a picture")
        }
        try await host.database.run(.enter(token, of: user, at: now, until: end))
        return Created(NewStartTokenBody(qr_token: token.text, expires_at: end, image_svg: picture.svg))
    }

    func showStartToken(_ call: Call<StartTokenPath, None, None>) async throws -> OK<StartTokenBody> {
        let token = StartToken(text: call.path.token.uppercased())
        guard let row = try await host.database.run(.startToken(token, of: call.identified.user)) else {
            throw ChargingRefusal.noSuchToken
        }
        return OK(StartTokenBody(status: row.status(at: host.clock.now), charging_id: row.session))
    }
}
