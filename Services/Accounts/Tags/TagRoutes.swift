import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

struct TagQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var username: String?
    var is_enabled: Bool?
    var unassigned: Bool?
}

struct TagPath: Codable, Sendable {
    var idTag: String
}

struct TagInput: Codable, Sendable {
    var username: String
    var id_tag: TagWord
    @OrNull var user_id: String?
    var source: Text<0, 50>?
    var is_enabled: Bool?
    var local: Bool?
    var note: Text<0, 500>?
    @OrNull var expires_at: Date?
    @OrNull var parent_id_tag: String?
}

struct TagChange: Codable, Sendable {
    /// Empty: unchanged.
    var username: String?
    var source: Text<0, 50>?
    var is_enabled: Bool?
    var local: Bool?
    var note: Text<0, 500>?
    var expires_at: Patch<Date>
    var parent_id_tag: Patch<String>
}

struct OwnTagInput: Codable, Sendable {
    var id_tag: TagWord
    var note: Text<0, 500>?
}

struct OwnTagChange: Codable, Sendable {
    var is_enabled: Bool?
    var note: Text<0, 500>?
}

struct Success: Codable, Sendable {
    var success: Bool
    var message: String
}

extension Accounts {
    @RouteTable var tagRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/user-tags/list", listTags).failing("Failed to get user tags")
            .summary("Tags by their words").needs(.power)
        Route(.get, "/api/v1/user-tags/info/:idTag", showTag).failing("Failed to get user tag")
            .summary("One tag").needs(.power)
        Route(.post, "/api/v1/user-tags/create", createTag).failing("Failed to create user tag")
            .summary("A new tag of a person").needs(.power)
        Route(.put, "/api/v1/user-tags/update/:idTag", updateTag).failing("Failed to update user tag")
            .summary("Change a tag").needs(.power)
        Route(.delete, "/api/v1/user-tags/delete/:idTag", deleteTag).failing("Failed to delete user tag")
            .summary("Hide a tag").needs(.power)
        Route(.get, "/api/v1/user-tags", listOwnTags).failing("Failed to get user tags")
            .summary("The caller's tags").needs(.user)
        Route(.post, "/api/v1/user-tags", enterOwnTag).failing("Failed to create user tag")
            .summary("A card that the caller adds").needs(.user)
        Route(.patch, "/api/v1/user-tags/:idTag", changeOwnTag).failing("Failed to update user tag")
            .summary("Change an own tag").needs(.user)
        Route(.delete, "/api/v1/user-tags/:idTag", deleteOwnTag).failing("Failed to delete user tag")
            .summary("Hide an own tag").needs(.user)
    }

    func listTags(_ call: Call<None, TagQuery, None>) async throws -> Listed<TagBody> {
        let filter = TagFilter(
            username: call.query.username, isEnabled: call.query.is_enabled,
            isUnassigned: call.query.unassigned == true)
        return try await Listed(call.query, of: call.request) {
            Int(try await host.database.run(.countTags(filter)))
        } rows: { cut in
            try await host.database.run(.tags(filter, limit: cut.limit, offset: cut.offset)).map(\.body)
        }
    }

    private func word(_ text: String) throws(AccountsRefusal) -> TagWord {
        guard let word = TagWord(text) else { throw .noSuchTag }
        return word
    }

    private func tag(_ word: TagWord) async throws -> TagRow {
        guard let row = try await host.database.run(.tag(word)) else { throw AccountsRefusal.noSuchTag }
        return row
    }

    func showTag(_ call: Call<TagPath, None, None>) async throws -> OK<TagBody> {
        OK(try await tag(try word(call.path.idTag)).body)
    }

    func createTag(_ call: Call<None, None, TagInput>) async throws -> Created<TagBody> {
        let (body, word) = (call.body, call.body.id_tag)
        guard let account = try await host.database.run(.account(.username(body.username))) else {
            throw AccountsRefusal.noSuchUser
        }
        if let sent = body.user_id, !sent.isEmpty, sent != account.hex {
            throw AccountsRefusal.invalid(field: "user_id", "does not belong to the username")
        }
        let parent = try parent(body.parent_id_tag)
        try await changeTag(word, "CREATE_TAG", by: call.identified, call.request, of: account.id) {
            transaction, now in
            let entered = try await transaction.run(
                .enter(
                    word, of: account.id, source: body.source?.text ?? "", isEnabled: body.is_enabled ?? true,
                    isLocal: body.local ?? false, note: body.note?.text ?? "", expiresAt: body.expires_at,
                    parent: parent, at: now))
            guard entered.count == 1 else {
                throw AccountsRefusal.taken(field: "id_tag", "already exists")
            }
        }
        return Created(try await tag(word).body)
    }

    private func parent(_ text: String?) throws(AccountsRefusal) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard let word = TagWord(text) else {
            throw .invalid(field: "parent_id_tag", "must be 1 to 20 printable characters")
        }
        return word.text
    }

    func updateTag(_ call: Call<TagPath, None, TagChange>) async throws -> OK<TagBody> {
        let (word, change) = (try word(call.path.idTag), call.body)
        var next = try await tag(word)
        if let username = change.username, !username.isEmpty {
            guard let account = try await host.database.run(.account(.username(username))) else {
                throw AccountsRefusal.noSuchUser
            }
            next.user = account.id
        }
        next.source = change.source?.text ?? next.source
        next.isEnabled = change.is_enabled ?? next.isEnabled
        next.isLocal = change.local ?? next.isLocal
        next.note = change.note?.text ?? next.note
        next.expiresAt = change.expires_at.applied(to: next.expiresAt)
        switch change.parent_id_tag {
        case .absent: break
        case .null: next.parent = nil
        case .value(let text): next.parent = try parent(text)
        }
        let stored = next
        try await changeTag(word, "UPDATE_TAG", by: call.identified, call.request, of: next.user) {
            transaction, _ in
            try await transaction.run(.store(stored))
        }
        return OK(try await tag(word).body)
    }

    func deleteTag(_ call: Call<TagPath, None, None>) async throws -> OK<Success> {
        let word = try word(call.path.idTag)
        let row = try await tag(word)
        try await changeTag(word, "DELETE_TAG", by: call.identified, call.request, of: row.user) {
            transaction, now in
            _ = try await transaction.run(.hideTag(word, at: now))
        }
        return OK(Success(success: true, message: "Tag deleted successfully"))
    }

    /// A change of a tag with its audit entry and its event, which gateways bring to the stations' lists.
    private func changeTag(
        _ word: TagWord, _ action: String, by caller: Caller, _ request: Request, of user: ID<User>?,
        _ change: @escaping @Sendable (Transaction, Date) async throws -> Void
    ) async throws {
        let host = host
        let event = try await host.database.transaction { transaction in
            let now = host.clock.now
            try await change(transaction, now)
            try await transaction.run(
                .record(
                    AuditEntry(action, by: caller.user, ["id_tag": .string(word.text)], from: request),
                    in: .accounts, at: now))
            let event = TagChanged(word.text, of: user, at: now)
            try await transaction.run(.announce(event))
            return event
        }
        host.bus.publish(event)
    }

    func listOwnTags(_ call: Call<None, PageQuery, None>) async throws -> PagedList<TagBody> {
        let filter = TagFilter(user: ID(call.identified.user))
        return try await PagedList(call.query) {
            Int(try await host.database.run(.countTags(filter)))
        } rows: { cut in
            try await host.database.run(.tags(filter, limit: cut.limit, offset: cut.offset)).map(\.body)
        }
    }

    func enterOwnTag(_ call: Call<None, None, OwnTagInput>) async throws -> Created<TagBody> {
        let (body, word, caller) = (call.body, call.body.id_tag, call.identified)
        guard !TagWord.words.contains(word.text) else {
            throw AccountsRefusal.invalid(field: "id_tag", "is a word of the API")
        }
        try await changeTag(word, "CREATE_TAG", by: caller, call.request, of: ID(caller.user)) {
            transaction, now in
            let entered = try await transaction.run(
                .enter(word, of: ID(caller.user), source: "self", note: body.note?.text ?? "", at: now))
            // Also one that a station reported: who it belongs to is for staff to say.
            guard entered.count == 1 else {
                throw AccountsRefusal.taken(field: "id_tag", "already exists")
            }
        }
        return Created(try await tag(word).body)
    }

    private func ownTag(_ text: String, of caller: Caller) async throws -> TagRow {
        let row = try await tag(try word(text))
        guard row.user?.number == caller.user else { throw AccountsRefusal.noSuchTag }
        return row
    }

    func changeOwnTag(_ call: Call<TagPath, None, OwnTagChange>) async throws -> OK<TagBody> {
        let word = try word(call.path.idTag)
        var next = try await ownTag(word.text, of: call.identified)
        next.isEnabled = call.body.is_enabled ?? next.isEnabled
        next.note = call.body.note?.text ?? next.note
        let stored = next
        try await changeTag(word, "UPDATE_TAG", by: call.identified, call.request, of: next.user) {
            transaction, _ in
            try await transaction.run(.store(stored))
        }
        return OK(try await tag(word).body)
    }

    func deleteOwnTag(_ call: Call<TagPath, None, None>) async throws -> NoContent {
        let word = try word(call.path.idTag)
        let row = try await ownTag(word.text, of: call.identified)
        try await changeTag(word, "DELETE_TAG", by: call.identified, call.request, of: row.user) {
            transaction, now in
            _ = try await transaction.run(.hideTag(word, of: row.user, at: now))
        }
        return NoContent()
    }
}
