import Core
import FoundationEssentials
import HTTP
import Postgres

/// Who looks at the network, as far as it decides what is shown (api.md 1.6).
struct Viewer: Equatable, Sendable {
    /// 0: nobody, without a login.
    let user: Int64
    /// 10 for power users: they see everything.
    let level: Int
    let isPower: Bool

    init(_ caller: Caller?) {
        user = caller?.user ?? 0
        isPower = caller?.isPower == true
        level = isPower ? 10 : caller?.accessLevel ?? 0
    }

    /// Serial number, vendor and firmware are for those who look after the point.
    func seesHardware(ofOwner owner: Int64?) -> Bool { level == 10 || mayRun(ofOwner: owner) }

    /// Acts on a point as its operator: power users, and the host on the own ones.
    func mayRun(ofOwner owner: Int64?) -> Bool { isPower || (owner != nil && owner == user) }

    /// Which rows of `accounts.charge_point AS point` this viewer may know of.
    func sees(at now: Date) -> SQL {
        """
        (point.access_level <= \(Int16(level)) OR point.owner_id = \(user) OR EXISTS (
            SELECT FROM accounts.access_grant AS share
            WHERE share.charge_point_id = point.charge_point_id AND share.user_id = \(user)
                AND (share.expires_at IS NULL OR share.expires_at > \(now))
        ))
        """
    }
}
