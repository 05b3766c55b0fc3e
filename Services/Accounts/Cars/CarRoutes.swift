import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct CarQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var owner_id: Int64?
}

typealias CarPath = ByID<Car>

extension Accounts {
    @RouteTable var carRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/cars", listCars).failing("Failed to get cars").summary("The caller's cars")
            .needs(.user)
        Route(.post, "/api/v1/cars", enterCar).failing("Failed to create car").summary("A new car")
            .needs(.user)
        Route(.get, "/api/v1/cars/:id", showCar).failing("Failed to get car").summary("One car").needs(.user)
        Route(.put, "/api/v1/cars/:id", replaceCar).failing("Failed to update car")
            .summary("Write a car anew").needs(.user)
        Route(.patch, "/api/v1/cars/:id", changeCar).failing("Failed to update car").summary("Change a car")
            .needs(.user)
        Route(.delete, "/api/v1/cars/:id", hideCar).failing("Failed to delete car").summary("Hide a car")
            .needs(.user)
        Route(.get, "/api/v1/cars/:id/image", showCarImage).failing("Failed to get picture")
            .summary("A drawing of the car").needs(.user)
    }

    /// Whose cars somebody may touch; nil for everybody's.
    private func reach(of caller: Caller) -> ID<User>? { caller.isAdmin ? nil : ID(caller.user) }

    func listCars(_ call: Call<None, CarQuery, None>) async throws -> PagedList<CarBody> {
        var owner = reach(of: call.identified)
        if let wanted = call.query.owner_id {
            guard call.identified.isAdmin || wanted == call.identified.user else {
                throw CarRefusal.notAllowed
            }
            owner = ID(wanted)
        }
        let (database, whose) = (host.database, owner)
        return try await PagedList(call.query) {
            Int(try await database.run(.countCars(of: whose)))
        } rows: { cut in
            try await database.run(.cars(of: whose, cut)).map(\.body)
        }
    }

    private func car(_ id: ID<Car>, for caller: Caller) async throws -> CarRow {
        guard let car = try await host.database.run(.car(id, of: reach(of: caller))) else {
            throw CarRefusal.noSuchCar
        }
        return car
    }

    func showCar(_ call: Call<CarPath, None, None>) async throws -> OK<CarBody> {
        OK(try await car(call.path.id, for: call.identified).body)
    }

    private var thisYear: Int { CalendarDay(of: host.clock.now, in: host.settings.jobsZone).year }

    func enterCar(_ call: Call<None, None, CarInput>) async throws -> Created<CarBody> {
        let (host, caller, request) = (host, call.identified, call.request)
        try call.body.check(isWhole: true, thisYear: thisYear)
        let input = try await owned(call.body, by: caller)
        let now = host.clock.now
        var row = CarRow(of: ID(caller.user), at: now)
        row.apply(input)
        let new = row
        let id = try await storingPlate {
            try await host.database.transaction { transaction in
                let id = try await transaction.run(.enter(new))
                try await transaction.run(.audit("CREATE_CAR", id, by: caller, request, at: now))
                return id
            }
        }
        return Created(try await car(id, for: caller).body)
    }

    func replaceCar(_ call: Call<CarPath, None, CarInput>) async throws -> OK<CarBody> {
        try await store(call, isWhole: true)
    }

    func changeCar(_ call: Call<CarPath, None, CarInput>) async throws -> OK<CarBody> {
        try await store(call, isWhole: false)
    }

    private func store(_ call: Call<CarPath, None, CarInput>, isWhole: Bool) async throws -> OK<CarBody> {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id)
        let reach = reach(of: caller)
        _ = try await car(id, for: caller)
        try call.body.check(isWhole: isWhole, thisYear: thisYear)
        let input = try await owned(call.body, by: caller)
        try await storingPlate {
            try await host.database.transaction { transaction in
                guard var row = try await transaction.run(.car(id, of: reach)) else {
                    throw CarRefusal.noSuchCar
                }
                row.apply(input)
                try await transaction.run(.store(row))
                try await transaction.run(.audit("UPDATE_CAR", id, by: caller, request, at: host.clock.now))
            }
        }
        return OK(try await car(id, for: caller).body)
    }

    /// Without an owner that only an administrator may name.
    private func owned(_ input: CarInput, by caller: Caller) async throws -> CarInput {
        guard let owner = input.owner_id else { return input }
        var input = input
        guard caller.isAdmin else {
            input.owner_id = nil
            return input
        }
        guard try await host.database.run(.isPerson(owner)) else { throw CarRefusal.noSuchOwner }
        return input
    }

    private func storingPlate<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError
            where error.violatesUnique("car_plate")
        {
            throw CarRefusal.plateTaken
        }
    }

    func hideCar(_ call: Call<CarPath, None, None>) async throws -> NoContent {
        let (host, caller, request, id) = (host, call.identified, call.request, call.path.id)
        let reach = reach(of: caller)
        try await host.database.transaction { transaction in
            guard try await transaction.run(.car(id, of: reach)) != nil else { throw CarRefusal.noSuchCar }
            if try await transaction.run(.isCharging(id)) { throw CarRefusal.charging }
            let now = host.clock.now
            try await transaction.run(.hide(id, at: now))
            try await transaction.run(.audit("DELETE_CAR", id, by: caller, request, at: now))
        }
        return NoContent()
    }

    func showCarImage(_ call: Call<CarPath, None, None>) async throws -> Download<DrawingFile> {
        let car = try await car(call.path.id, for: call.identified)
        return Download(Array(CarDrawing(of: car.name).svg.utf8))
    }
}

extension Query where Result == Void {
    fileprivate static func audit(
        _ action: String, _ car: ID<Car>, by caller: Caller, _ request: Request, at now: Date
    ) -> Self {
        .record(
            AuditEntry(action, by: caller.user, ["car_id": .integer(car.number)], from: request),
            in: .accounts, at: now)
    }
}

/// A drawing in the colour of the brand that the car's name mentions; grey where it mentions none.
struct CarDrawing: Equatable, Sendable {
    let brand: String
    let color: String

    private static let colors = [
        "bmw": "#0066b1", "audi": "#bb0a30", "mercedes": "#00adef", "toyota": "#eb0a1e", "honda": "#cc0000",
        "ford": "#003478", "tesla": "#e82127",
    ]

    init(of name: String) {
        let words = name.lowercased().split { !$0.isLetter }.map(String.init)
        brand = words.first { Self.colors[$0] != nil } ?? "car"
        color = Self.colors[brand] ?? "#6b7280"
    }

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 80" role="img" aria-label="\(brand)">\
        <path d="M12 54c0-10 8-14 22-16l18-16c4-4 8-6 14-6h32c7 0 12 2 17 8l12 14c14 1 21 6 21 16v4H12z" fill="\(color)"/>\
        <path d="M58 36l12-11c2-2 4-3 7-3h9v14zM92 22h6c4 0 7 1 10 5l8 9H92z" fill="#e5f0ff"/>\
        <circle cx="42" cy="58" r="11" fill="#1f2937"/><circle cx="42" cy="58" r="5" fill="#d1d5db"/>\
        <circle cx="120" cy="58" r="11" fill="#1f2937"/><circle cx="120" cy="58" r="5" fill="#d1d5db"/></svg>
        """
    }
}
