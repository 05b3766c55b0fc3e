import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

/// Deletes an account: what carries money or history stays, the person in it is blanked (api.md 1.12).
struct EndAccount {
    let accounts: Accounts
    let caller: Caller
    let request: Request

    private struct Outcome: Sendable {
        var revoked: [LoginRevoked]
        var points: [PointChanged]
    }

    /// Throws: `AccountsRefusal`.
    func run(_ id: ID<User>) async throws {
        let host = accounts.host
        let outcome = try await host.database.transaction { transaction in
            try await transaction.run(.holdAdministrators)
            guard let account = try await transaction.run(.heldAccount(id)) else {
                throw AccountsRefusal.noSuchUser
            }
            try await check(account, in: transaction)
            return try await blank(account, in: transaction)
        }
        await accounts.tell(outcome.revoked)
        await accounts.peopleChanged()
        for event in outcome.points { host.bus.publish(event) }
    }

    private func check(_ account: Account, in transaction: Transaction) async throws {
        guard account.knownRole != .admin || caller.isAdmin else { throw AccountsRefusal.notAllowed }
        guard !account.isAdministrator else { throw AccountsRefusal.protectedAccount }
        if account.knownRole == .admin, account.isActive,
            try await transaction.run(.countAdministrators(but: account.id)) == 0
        {
            throw AccountsRefusal.lastAdministrator
        }
        if let reason = try await transaction.run(.whatHolds(account.id)) {
            throw AccountsRefusal.stillNeeded(reason)
        }
    }

    private func blank(_ account: Account, in transaction: Transaction) async throws -> Outcome {
        let now = accounts.host.clock.now
        let id = account.id
        let revoked = try await transaction.endLogins(.all(of: id), at: now)
        try await transaction.run(.blank(id, at: now))
        try await transaction.run(.blankLogins(of: id))
        _ = try await transaction.run(.forgetFactor(of: id))
        try await transaction.run(.forgetResets(of: id))
        try await transaction.run(.forgetAvatar(of: id))
        try await transaction.run(.blankHistory(of: id))
        try await transaction.run(.blankStays(of: id))
        try await transaction.run(.hideTags(of: id, at: now))
        try await transaction.run(.hideCars(of: id, at: now))
        try await transaction.run(.endShares(with: id))
        try await endBookings(of: id, in: transaction, at: now)
        // Last: the end of a booking writes one too.
        try await transaction.run(.forgetNotices(of: id))
        var points: [PointChanged] = []
        for point in try await transaction.run(.switchOffPoints(of: id)) {
            if let event = try await transaction.announcePoint(point, .edited, at: now) {
                points.append(event)
            }
        }
        try await transaction.run(
            .record(
                AuditEntry("DELETE_USER", by: caller.user, ["user_id": .integer(id.number)], from: request),
                in: .accounts, at: now))
        try await transaction.run(.announce(RightsChanged(of: id, at: now)))
        return Outcome(revoked: revoked, points: points)
    }
}

extension EndAccount {
    /// Their hosts are told; the stations learn of it by the job of reservations.
    private func endBookings(of id: ID<User>, in transaction: Transaction, at now: Date) async throws {
        for meeting in try await transaction.run(.liveMeetings(ofStudent: id)) {
            guard let known = try await transaction.run(.heldMeeting(meeting)), known.status.isLive else {
                continue
            }
            let change = MeetingChange(status: .canceled, notes: .absent)
            _ = try await ChangeMeeting(transaction: transaction, now: now).run(
                change, of: known, by: .system)
        }
        try await transaction.run(.withdrawSlots(of: id))
    }
}

extension Query where Result == [ID<Meeting>] {
    fileprivate static func liveMeetings(ofStudent id: ID<User>) -> Self {
        """
        SELECT id FROM accounts.meeting WHERE student_id = \(id) AND status IN ('pending', 'confirmed') ORDER BY id
        """
    }
}

extension Query where Result == String? {
    /// Why the account cannot go yet; nil when it can.
    fileprivate static func whatHolds(_ id: ID<User>) -> Self {
        """
        SELECT CASE
            WHEN EXISTS (SELECT FROM gateway_view.session WHERE user_id = \(id) AND NOT is_finished)
                THEN 'a session is going on'
            WHEN EXISTS (SELECT FROM billing_view.balance WHERE user_id = \(id) AND balance < 0)
                OR EXISTS (
                    SELECT FROM billing_view.settled_session
                    WHERE user_id = \(id) AND funding = 'card' AND paid < cost
                ) THEN 'there is unpaid debt'
            WHEN EXISTS (
                SELECT FROM accounts.meeting WHERE tutor_id = \(id) AND status IN ('pending', 'confirmed')
            ) THEN 'somebody has a meeting with this person'
            WHEN EXISTS (SELECT FROM accounts.parking_reservation WHERE user_id = \(id) AND status = 'active')
                THEN 'a parking spot is taken'
            END
        """
    }
}

extension Query where Result == [String] {
    /// A wallbox whose host has gone charges nobody.
    fileprivate static func switchOffPoints(of id: ID<User>) -> Self {
        """
        UPDATE accounts.charge_point SET is_enabled = false
        WHERE owner_id = \(id) AND deleted_at IS NULL AND is_enabled
        RETURNING charge_point_id
        """
    }
}

extension Query where Result == Void {
    fileprivate static func blank(_ id: ID<User>, at now: Date) -> Self {
        """
        UPDATE accounts.account
        SET username = 'deleted', email = '', password_hash = NULL, name = '', first_name = NULL, last_name = NULL,
            phone = NULL, address_line1 = NULL, city = NULL, postal_code = NULL, country = NULL, date_of_birth = NULL,
            gender = NULL, tax_id = NULL, status = 'inactive', role = 'user', access_level = 0, is_vip = false,
            warning_emails_enabled = false, warning_email = '', language = 'en', deleted_at = \(now)
        WHERE id = \(id)
        """
    }

    fileprivate static func forgetResets(of id: ID<User>) -> Self {
        "DELETE FROM accounts.password_reset WHERE user_id = \(id)"
    }

    fileprivate static func blankLogins(of id: ID<User>) -> Self {
        "UPDATE accounts.login_session SET ip_address = '', user_agent = '' WHERE user_id = \(id)"
    }

    fileprivate static func blankHistory(of id: ID<User>) -> Self {
        """
        UPDATE accounts.login_event SET username = 'deleted', ip_address = '', user_agent = '' WHERE user_id = \(id)
        """
    }

    fileprivate static func forgetNotices(of id: ID<User>) -> Self {
        "UPDATE accounts.notification SET title = 'deleted', message = '', is_read = true WHERE user_id = \(id)"
    }

    /// The stay is money and stays; whose vehicle it was goes.
    fileprivate static func blankStays(of id: ID<User>) -> Self {
        """
        UPDATE accounts.parking_reservation
        SET vehicle_number = 'DELETED', vehicle_model = NULL, vehicle_color = NULL, remarks = NULL
        WHERE user_id = \(id)
        """
    }

    fileprivate static func hideTags(of id: ID<User>, at now: Date) -> Self {
        """
        UPDATE accounts.tag SET is_enabled = false, note = '', deleted_at = \(now)
        WHERE user_id = \(id) AND deleted_at IS NULL
        """
    }

    fileprivate static func hideCars(of id: ID<User>, at now: Date) -> Self {
        """
        UPDATE accounts.car SET plate = 'DELETED', name = 'deleted', deleted_at = coalesce(deleted_at, \(now))
        WHERE owner_id = \(id)
        """
    }

    fileprivate static func withdrawSlots(of id: ID<User>) -> Self {
        "UPDATE accounts.time_slot SET is_available = false WHERE tutor_id = \(id)"
    }

    fileprivate static func endShares(with id: ID<User>) -> Self {
        "DELETE FROM accounts.access_grant WHERE user_id = \(id) OR granted_by = \(id)"
    }
}
