import Contracts
import Core
import FoundationEssentials
import Postgres

/// Which tags are asked for.
struct TagFilter: Sendable {
    var user: ID<User>?
    var username: String?
    var isEnabled: Bool?
    var isUnassigned = false

    fileprivate var condition: SQL {
        var condition: SQL = "tag.deleted_at IS NULL"
        if let user { condition = "\(condition) AND tag.user_id = \(user)" }
        if let username { condition = "\(condition) AND account.username = \(username)" }
        if let isEnabled { condition = "\(condition) AND tag.is_enabled = \(isEnabled)" }
        if isUnassigned { condition = "\(condition) AND tag.user_id IS NULL" }
        return condition
    }
}

extension Query where Result == [TagRow] {
    static func tags(_ filter: TagFilter, limit: Int = 10_000, offset: Int = 0) -> Self {
        """
        \(rows: TagRow.self)
        WHERE \(filter.condition)
        ORDER BY tag.id_tag
        LIMIT \(limit) OFFSET \(offset)
        """
    }
}

extension Query where Result == TagRow? {
    static func tag(_ word: TagWord) -> Self {
        """
        \(rows: TagRow.self)
        WHERE tag.id_tag = \(word.text) AND tag.deleted_at IS NULL
        """
    }

    /// What a start by app, socket or QR code goes by: the oldest that is good.
    static func usableTag(of user: ID<User>, at now: Date) -> Self {
        """
        \(rows: TagRow.self)
        WHERE tag.user_id = \(user) AND tag.deleted_at IS NULL AND tag.is_enabled
            AND (tag.expires_at IS NULL OR tag.expires_at > \(now))
        ORDER BY tag.registered_at, tag.id
        LIMIT 1
        """
    }
}

extension Query where Result == Int64 {
    static func countTags(_ filter: TagFilter) -> Self {
        "SELECT count(*) \(TagRow.relations) WHERE \(filter.condition)"
    }
}

extension Query where Result == RowCount {
    /// No row when there is such a tag.
    static func enter(
        _ word: TagWord, of user: ID<User>?, source: String, isEnabled: Bool = true, isLocal: Bool = false,
        note: String = "", expiresAt: Date? = nil, parent: String? = nil, at now: Date
    ) -> Self {
        """
        INSERT INTO accounts.tag
            (id_tag, user_id, source, is_enabled, is_local, note, expires_at, parent_tag, registered_at)
        VALUES (\(word.text), \(user as ID<User>?), \(source), \(isEnabled), \(isLocal), \(note),
            \(expiresAt as Date?), \(parent as String?), \(now))
        ON CONFLICT (id_tag) WHERE deleted_at IS NULL DO NOTHING
        """
    }

    static func hideTag(_ word: TagWord, of user: ID<User>? = nil, at now: Date) -> Self {
        """
        UPDATE accounts.tag SET deleted_at = \(now), is_enabled = false
        WHERE id_tag = \(word.text) AND deleted_at IS NULL
            AND (\(user as ID<User>?)::bigint IS NULL OR user_id = \(user as ID<User>?))
        """
    }
}

extension Query where Result == Void {
    static func holdTags(of user: ID<User>) -> Self {
        "SELECT id FROM accounts.account WHERE id = \(user) FOR NO KEY UPDATE"
    }

    static func store(_ tag: TagRow) -> Self {
        """
        UPDATE accounts.tag
        SET user_id = \(tag.user as ID<User>?), source = \(tag.source), is_enabled = \(tag.isEnabled),
            is_local = \(tag.isLocal), note = \(tag.note), expires_at = \(tag.expiresAt as Date?),
            parent_tag = \(tag.parent as String?)
        WHERE id_tag = \(tag.word) AND deleted_at IS NULL
        """
    }
}
