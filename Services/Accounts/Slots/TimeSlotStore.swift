import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Which slots are asked for, and by whom.
struct TimeSlotFilter: Sendable {
    let viewer: Viewer
    let seesAll: Bool
    let now: Date
    var slot: ID<TimeSlot>?
    var tutor: Int64?
    var from: Date?
    /// Not included.
    var until: Date?
    var isAvailable: Bool?
    var point: String?

    init(for caller: Caller, at now: Date) {
        viewer = Viewer(caller)
        seesAll = caller.isAdmin
        self.now = now
    }

    fileprivate var condition: SQL {
        var condition: SQL = seesAll ? "true" : "(\(own) OR (\(offered)))"
        if let slot { condition = "\(condition) AND slot.id = \(slot)" }
        if let tutor { condition = "\(condition) AND slot.tutor_id = \(tutor)" }
        if let from { condition = "\(condition) AND slot.end_time > \(from)" }
        if let until { condition = "\(condition) AND slot.start_time < \(until)" }
        if let isAvailable { condition = "\(condition) AND slot.is_available = \(isAvailable)" }
        if let point { condition = "\(condition) AND slot.charge_point_id = \(point)" }
        return condition
    }

    private var own: SQL {
        """
        slot.tutor_id = \(viewer.user) OR EXISTS (
            SELECT FROM accounts.meeting AS meeting
            WHERE meeting.slot_id = slot.id AND meeting.student_id = \(viewer.user)
        )
        """
    }

    /// Still to be had, by whoever may know of the place.
    private var offered: SQL {
        """
        slot.is_available AND slot.end_time > \(now) AND (slot.charge_point_id IS NULL OR EXISTS (
            SELECT FROM accounts.charge_point AS point
            WHERE point.charge_point_id = slot.charge_point_id AND point.deleted_at IS NULL AND \(viewer.sees(at: now))
        ))
        """
    }
}

extension Query where Result == [TimeSlotRow] {
    /// By their start.
    static func slots(_ filter: TimeSlotFilter, _ cut: Cut) -> Self {
        """
        SELECT \(columns: TimeSlotRow.self) FROM accounts.time_slot AS slot
        WHERE \(filter.condition)
        ORDER BY slot.start_time, slot.id
        LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == Int64 {
    static func countSlots(_ filter: TimeSlotFilter) -> Self {
        "SELECT count(*) FROM accounts.time_slot AS slot WHERE \(filter.condition)"
    }
}

extension Query where Result == TimeSlotRow? {
    /// Nil for one that is not there, and for one that its filter hides.
    static func slot(_ filter: TimeSlotFilter) -> Self {
        """
        SELECT \(columns: TimeSlotRow.self) FROM accounts.time_slot AS slot
        WHERE \(filter.condition)
        """
    }

    /// Holds it for the rest of the transaction: whoever books, changes or deletes a slot waits for the others.
    static func heldSlot(_ id: ID<TimeSlot>) -> Self {
        """
        SELECT \(columns: TimeSlotRow.self) FROM accounts.time_slot AS slot
        WHERE slot.id = \(id)
        FOR UPDATE
        """
    }
}

extension Query where Result == ID<TimeSlot> {
    static func enter(_ slot: TimeSlotRow) -> Self {
        """
        INSERT INTO accounts.time_slot (tutor_id, start_time, end_time, is_available, charge_point_id, connector_id,
            price_per_kwh, created_at)
        VALUES (\(slot.tutor), \(slot.start), \(slot.end), \(slot.isAvailable), \(slot.point as String?),
            \(slot.connector as Int32?), \(slot.pricePerKWh as Int64?), \(slot.createdAt))
        RETURNING id
        """
    }
}

extension Query where Result == Void {
    static func store(_ slot: TimeSlotRow) -> Self {
        """
        UPDATE accounts.time_slot
        SET start_time = \(slot.start), end_time = \(slot.end), is_available = \(slot.isAvailable),
            charge_point_id = \(slot.point as String?), connector_id = \(slot.connector as Int32?),
            price_per_kwh = \(slot.pricePerKWh as Int64?)
        WHERE id = \(slot.id)
        """
    }

    static func remove(_ slot: ID<TimeSlot>) -> Self {
        "DELETE FROM accounts.time_slot WHERE id = \(slot)"
    }
}

extension Query where Result == Bool {
    static func hasLiveMeeting(_ slot: ID<TimeSlot>) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM accounts.meeting WHERE slot_id = \(slot) AND status IN ('pending', 'confirmed')
        )
        """
    }

    static func hasMeeting(_ slot: ID<TimeSlot>) -> Self {
        "SELECT EXISTS (SELECT FROM accounts.meeting WHERE slot_id = \(slot))"
    }

    static func hasConnector(_ point: String, _ connector: Int32) -> Self {
        """
        SELECT EXISTS (
            SELECT FROM accounts.connector
            WHERE charge_point_id = \(point) AND number = \(connector) AND deleted_at IS NULL
        )
        """
    }
}
