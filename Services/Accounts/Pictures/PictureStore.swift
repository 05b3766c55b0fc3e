import Contracts
import Core
import Documents
import FoundationEssentials
import Postgres

/// A picture as it is stored.
struct StoredPicture: Row, Sendable {
    var mediaType: String
    var bytes: Octets

    static let columns = "media_type, bytes"

    init(_ cells: inout Cells) throws {
        mediaType = try cells.next()
        bytes = try cells.next()
    }
}

extension Query where Result == StoredPicture? {
    static func avatar(of user: ID<User>) -> Self {
        "SELECT \(columns: StoredPicture.self) FROM accounts.avatar WHERE user_id = \(user)"
    }

    static func picture(ofSite site: ID<Site>) -> Self {
        "SELECT \(columns: StoredPicture.self) FROM accounts.site_picture WHERE site_id = \(site)"
    }
}

extension Query where Result == Void {
    static func store(avatar: Picture, of user: ID<User>, at now: Date) -> Self {
        """
        INSERT INTO accounts.avatar (user_id, media_type, bytes, changed_at)
        VALUES (\(user), \(avatar.kind.mediaType), \(Octets(avatar.bytes)), \(now))
        ON CONFLICT (user_id) DO UPDATE
        SET media_type = excluded.media_type, bytes = excluded.bytes, changed_at = excluded.changed_at
        """
    }

    static func store(picture: Picture, ofSite site: ID<Site>, at now: Date) -> Self {
        """
        INSERT INTO accounts.site_picture (site_id, media_type, bytes, changed_at)
        VALUES (\(site), \(picture.kind.mediaType), \(Octets(picture.bytes)), \(now))
        ON CONFLICT (site_id) DO UPDATE
        SET media_type = excluded.media_type, bytes = excluded.bytes, changed_at = excluded.changed_at
        """
    }

    static func forgetAvatar(of user: ID<User>) -> Self {
        "DELETE FROM accounts.avatar WHERE user_id = \(user)"
    }
}
