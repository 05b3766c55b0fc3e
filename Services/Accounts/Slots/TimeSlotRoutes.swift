import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Sites

struct TimeSlotQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var tutor: Int64?
    var from: DayOrMoment?
    var to: DayOrMoment?
    var is_available: Bool?
    var charge_point_id: String?
}

typealias TimeSlotPath = ByID<TimeSlot>

extension Accounts {
    @RouteTable var timeSlotRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/timeslots", listSlots).failing("Failed to get time slots")
            .summary("Times that can be booked, by their start").needs(.user)
        Route(.post, "/api/v1/timeslots", enterSlot).failing("Failed to create time slot")
            .summary("Offer a time").needs(.user)
        Route(.get, "/api/v1/timeslots/:id", showSlot).failing("Failed to get time slot")
            .summary("One time slot").needs(.user)
        Route(.put, "/api/v1/timeslots/:id", replaceSlot).failing("Failed to update time slot")
            .summary("Write a time slot anew").needs(.user)
        Route(.patch, "/api/v1/timeslots/:id", changeSlot).failing("Failed to update time slot")
            .summary("Change a time slot").needs(.user)
        Route(.delete, "/api/v1/timeslots/:id", removeSlot).failing("Failed to delete time slot")
            .summary("Take a time slot away").needs(.user)
    }

    func listSlots(_ call: Call<None, TimeSlotQuery, None>) async throws -> Listed<TimeSlotBody> {
        let (database, currency, query) = (host.database, host.settings.currency, call.query)
        var filter = TimeSlotFilter(for: call.identified, at: host.clock.now)
        filter.tutor = query.tutor
        filter.from = query.from?.beginning
        filter.until = query.to?.end
        filter.isAvailable = query.is_available
        filter.point = query.charge_point_id
        let which = filter
        return try await Listed(query, of: call.request) {
            Int(try await database.run(.countSlots(which)))
        } rows: { cut in
            try await database.run(.slots(which, cut)).map { $0.body(in: currency) }
        }
    }

    func showSlot(_ call: Call<TimeSlotPath, None, None>) async throws -> OK<TimeSlotBody> {
        OK(try await slot(call.path.id, for: call.identified).body(in: host.settings.currency))
    }

    private func slot(_ id: ID<TimeSlot>, for caller: Caller) async throws -> TimeSlotRow {
        var filter = TimeSlotFilter(for: caller, at: host.clock.now)
        filter.slot = id
        guard let slot = try await host.database.run(.slot(filter)) else { throw SlotRefusal.noSuchSlot }
        return slot
    }

    /// Throws: `SlotRefusal.notAllowed` for somebody else's slot that may be seen.
    private func ownSlot(_ id: ID<TimeSlot>, of caller: Caller) async throws -> TimeSlotRow {
        let slot = try await slot(id, for: caller)
        guard slot.tutor.number == caller.user || caller.isAdmin else { throw SlotRefusal.notAllowed }
        return slot
    }

    func enterSlot(_ call: Call<None, None, TimeSlotInput>) async throws -> Created<TimeSlotBody> {
        let (host, caller) = (host, call.identified)
        if !caller.isPower, try await host.database.run(.countPoints(ofOwner: caller.user)) == 0 {
            throw SlotRefusal.notAllowed
        }
        try call.body.checkWhole()
        let slot = try TimeSlotRow(of: ID(caller.user), call.body, at: host.clock.now)
        try await checkPlace(of: slot, for: caller)
        let id = try await storingSlot { try await host.database.run(.enter(slot)) }
        return Created(try await self.slot(id, for: caller).body(in: host.settings.currency))
    }

    /// Whoever offers a charge point runs it. Throws: `SlotRefusal`.
    private func checkPlace(of slot: TimeSlotRow, for caller: Caller) async throws {
        guard let point = slot.point else { return }
        let viewer = Viewer(caller)
        guard let known = try await host.database.run(.chargePoint(point, for: viewer, at: host.clock.now))
        else {
            throw SlotRefusal.invalid(field: "charge_point_id", "is unknown")
        }
        guard viewer.mayRun(ofOwner: known.owner) else { throw SlotRefusal.notAllowed }
        if let connector = slot.connector, try await !host.database.run(.hasConnector(point, connector)) {
            throw SlotRefusal.invalid(field: "connector_id", "is unknown")
        }
    }

    private func storingSlot<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError
            where ["time_slot_of_tutor", "time_slot_of_connector"].contains(error.constraint)
        {
            throw SlotRefusal.overlap
        }
    }

    func replaceSlot(_ call: Call<TimeSlotPath, None, TimeSlotInput>) async throws -> OK<TimeSlotBody> {
        _ = try await ownSlot(call.path.id, of: call.identified)
        try call.body.checkWhole()
        return try await changeSlot(call)
    }

    func changeSlot(_ call: Call<TimeSlotPath, None, TimeSlotInput>) async throws -> OK<TimeSlotBody> {
        let (host, caller, id, input) = (host, call.identified, call.path.id, call.body)
        var wanted = try await ownSlot(id, of: caller)
        let place = (wanted.point, wanted.connector)
        try wanted.apply(input)
        if (wanted.point, wanted.connector) != place { try await checkPlace(of: wanted, for: caller) }
        try await storingSlot {
            try await host.database.transaction { transaction in
                guard let known = try await transaction.run(.heldSlot(id)) else {
                    throw SlotRefusal.noSuchSlot
                }
                var next = known
                try next.apply(input)
                if next.breaksPromise(of: known), try await transaction.run(.hasLiveMeeting(id)) {
                    throw SlotRefusal.heldByMeeting
                }
                try await transaction.run(.store(next))
            }
        }
        return OK(try await slot(id, for: caller).body(in: host.settings.currency))
    }

    func removeSlot(_ call: Call<TimeSlotPath, None, None>) async throws -> NoContent {
        let (host, id) = (host, call.path.id)
        _ = try await ownSlot(id, of: call.identified)
        try await host.database.transaction { transaction in
            guard try await transaction.run(.heldSlot(id)) != nil else { throw SlotRefusal.noSuchSlot }
            if try await transaction.run(.hasMeeting(id)) { throw SlotRefusal.hasMeetings }
            try await transaction.run(.remove(id))
        }
        return NoContent()
    }
}
