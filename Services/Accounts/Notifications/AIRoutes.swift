import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct CarTextInput: Codable, Sendable {
    /// Own; the first one where none is named.
    var car_id: ID<Car>?
}

struct CarTextBody: Codable, Equatable, Sendable {
    var notification: String
    var provider: AISettings.Provider
    var car_id: Int64
}

extension Accounts {
    @RouteTable var carTextRoutes: [GuardedRoute] {
        Route(.post, "/api/v1/notifications/ai", writeCarText).failing("Failed to write notification")
            .summary("A few words about the caller's car").needs(.user)
    }

    func writeCarText(_ call: Call<None, None, CarTextInput>) async throws -> OK<CarTextBody> {
        let (host, user) = (host, call.identified.user)
        let found =
            if let id = call.body.car_id {
                try await host.database.run(.car(id, of: ID(user)))
            } else {
                try await host.database.run(.anyCar(of: user))
            }
        guard let car = found else { throw NotificationRefusal.noSuchCar }
        let zone = host.settings.jobsZone
        let month = CalendarDay(of: host.clock.now, in: zone).firstOfMonth.start(in: zone)
        let facts = try await host.database.run(.facts(of: car.id, since: month, in: zone))
        let texts = CarTexts(settings: settings.ai, outbound: outbound, log: host.log)
        let written = try await texts.write(facts, about: car.name)
        return OK(
            CarTextBody(notification: written.text, provider: written.provider, car_id: car.id.number))
    }
}
