import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct MeetingQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var status: MeetingStatus?
    var time_slot: Int64?
}

struct MeetingRemoval: Codable, Sendable {
    /// An administrator takes the row away.
    var hard: Bool?
}

typealias MeetingPath = ByID<Meeting>

/// 200 with the canceled meeting, or 204 where nothing is left of it.
enum CanceledMeeting: Reply {
    case kept(MeetingBody)
    case gone

    static var status: Status { .ok }
    static var content: (type: String, schema: JSONSchema)? { ("application/json", .of(MeetingBody.self)) }
    static var outcomes: [Outcome] { [Outcome(.ok, content), Outcome(.noContent)] }

    var response: Response {
        switch self {
        case .kept(let body): .json(.ok, body)
        case .gone: Response(.noContent)
        }
    }
}

extension Accounts {
    @RouteTable var meetingRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/meetings", listMeetings).failing("Failed to get meetings")
            .summary("Meetings of the caller, newest first").needs(.user)
        Route(.post, "/api/v1/meetings", bookMeeting).failing("Failed to create meeting")
            .summary("Take a time slot").idempotent.needs(.user)
        Route(.get, "/api/v1/meetings/:id", showMeeting).failing("Failed to get meeting")
            .summary("One meeting").needs(.user)
        Route(.put, "/api/v1/meetings/:id", changeMeeting).failing("Failed to update meeting")
            .summary("Change a meeting").within(.seconds(14)).needs(.user)
        Route(.patch, "/api/v1/meetings/:id", changeMeeting).failing("Failed to update meeting")
            .summary("Change a meeting").within(.seconds(14)).needs(.user)
        Route(.delete, "/api/v1/meetings/:id", cancelMeeting).failing("Failed to cancel meeting")
            .summary("Cancel a meeting").within(.seconds(14)).needs(.user)
    }

    func listMeetings(_ call: Call<None, MeetingQuery, None>) async throws -> Listed<MeetingBody> {
        let (database, caller) = (host.database, call.identified)
        let filter = MeetingFilter(
            participant: caller.isAdmin ? nil : caller.user, status: call.query.status,
            slot: call.query.time_slot)
        return try await Listed(call.query, of: call.request) {
            Int(try await database.run(.countMeetings(filter)))
        } rows: { cut in
            try await database.run(.meetings(filter, cut)).map(\.body)
        }
    }

    func showMeeting(_ call: Call<MeetingPath, None, None>) async throws -> OK<MeetingBody> {
        OK(try await meeting(call.path.id, for: call.identified).body)
    }

    private func meeting(_ id: ID<Meeting>, for caller: Caller) async throws -> MeetingRow {
        guard let meeting = try await host.database.run(.meeting(id)),
            meeting.side(of: caller.user, isAdmin: caller.isAdmin) != nil
        else { throw SlotRefusal.noSuchMeeting }
        return meeting
    }

    func bookMeeting(_ call: Call<None, None, MeetingInput>) async throws -> Created<MeetingBody> {
        let (host, caller, body) = (host, call.identified, call.body)
        let student = caller.isAdmin ? body.student ?? ID(caller.user) : ID(caller.user)
        guard let person = try await host.database.run(.account(.id(student))) else {
            throw SlotRefusal.invalid(field: "student", "is unknown")
        }
        let wait = person.type == .student ? settings.bookings.earlyBooking : .zero
        let id = try await host.database.transaction { transaction in
            let now = host.clock.now
            guard let slot = try await transaction.run(.heldSlot(body.time_slot)) else {
                throw SlotRefusal.invalid(field: "time_slot", "is unknown")
            }
            if let tutor = body.tutor, tutor != slot.tutor {
                throw SlotRefusal.invalid(field: "tutor", "does not own the time slot")
            }
            guard slot.tutor != student else { throw SlotRefusal.ownSlot }
            guard slot.isAvailable, slot.end > now, now.duration(since: slot.createdAt) >= wait else {
                throw SlotRefusal.notBookable
            }
            var filter = TimeSlotFilter(for: caller, at: now)
            filter.slot = slot.id
            guard try await transaction.run(.slot(filter)) != nil else {
                throw SlotRefusal.invalid(field: "time_slot", "is unknown")
            }
            let id = try await transaction.run(
                .book(slot, for: student, body.subject.text, notes: body.notes?.text, at: now))
            try await transaction.run(.offer(slot.id, false))
            if let meeting = try await transaction.run(.meeting(id)) {
                try await transaction.run(.notify(.booked(meeting, by: person), at: now))
            }
            return id
        }
        return Created(try await meeting(id, for: caller).body)
    }

    func changeMeeting(_ call: Call<MeetingPath, None, MeetingChange>) async throws -> OK<MeetingBody> {
        let (id, caller, body) = (call.path.id, call.identified, call.body)
        try await hold(id, for: caller) { transaction, known, side, now in
            try await ChangeMeeting(transaction: transaction, now: now).run(body, of: known, by: side)
        }
        return OK(try await meeting(id, for: caller).body)
    }

    /// Does `work` with the meeting held, and tells the station of the reservation that is over by it.
    ///
    /// Throws: `SlotRefusal.noSuchMeeting` for whoever has no part in it.
    private func hold(
        _ id: ID<Meeting>, for caller: Caller,
        _ work:
            @escaping @Sendable (Transaction, MeetingRow, MeetingSide, Date) async throws -> ID<Reservation>?
    ) async throws {
        let host = host
        let over = try await host.database.transaction { transaction in
            guard let known = try await transaction.run(.heldMeeting(id)),
                let side = known.side(of: caller.user, isAdmin: caller.isAdmin)
            else { throw SlotRefusal.noSuchMeeting }
            return try await work(transaction, known, side, host.clock.now)
        }
        if let over { await release(over) }
    }

    func cancelMeeting(_ call: Call<MeetingPath, MeetingRemoval, None>) async throws -> CanceledMeeting {
        let (id, caller, request) = (call.path.id, call.identified, call.request)
        guard call.query.hard != true else {
            try await remove(id, by: caller, request)
            return .gone
        }
        try await hold(id, for: caller) { transaction, known, side, now in
            guard known.status != .completed else { throw SlotRefusal.alreadyCompleted }
            let change = MeetingChange(status: .canceled, notes: .absent)
            return try await ChangeMeeting(transaction: transaction, now: now).run(
                change, of: known, by: side)
        }
        return .kept(try await meeting(id, for: caller).body)
    }

    private func remove(_ id: ID<Meeting>, by caller: Caller, _ request: Request) async throws {
        let details: JSONValue = ["meeting_id": .integer(id.number)]
        let entry = AuditEntry("DELETE_MEETING", by: caller.user, details, from: request)
        try await hold(id, for: caller) { transaction, known, _, now in
            guard caller.isAdmin else { throw SlotRefusal.notAllowed }
            let change = ChangeMeeting(transaction: transaction, now: now)
            let over = known.status.isLive ? try await change.free(known) : nil
            try await transaction.run(.remove(id))
            try await transaction.run(.record(entry, in: .accounts, at: now))
            return over
        }
    }
}
