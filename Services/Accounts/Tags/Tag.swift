import Contracts
import Core
import FoundationEssentials
import Postgres

/// A tag as the API shows it (api.md 4.2); an unassigned one has neither username nor user_id.
struct TagBody: Codable, Equatable, Sendable {
    var username: String
    var user_id: String
    var id_tag: String
    var source: String
    var is_enabled: Bool
    var local: Bool
    var note: String
    @OrNull var expires_at: Date?
    @OrNull var parent_id_tag: String?
    var date_registered: Date
    var last_seen: Date
}

struct TagRow: JoinedRow, Equatable, Sendable {
    var word: String
    var user: ID<User>?
    var username: String
    var hex: String
    var source: String
    var isEnabled: Bool
    var isLocal: Bool
    var note: String
    var expiresAt: Date?
    var parent: String?
    var registeredAt: Date
    var lastSeen: Date?

    static let columns = """
        tag.id_tag, tag.user_id, coalesce(account.username, ''), coalesce(account.user_hex, ''), tag.source,
        tag.is_enabled, tag.is_local, tag.note, tag.expires_at, tag.parent_tag, tag.registered_at, tag.last_seen_at
        """

    static let relations: SQL = """
        FROM accounts.tag AS tag
        LEFT JOIN accounts.account AS account ON account.id = tag.user_id AND account.deleted_at IS NULL
        """

    init(_ cells: inout Cells) throws {
        word = try cells.next()
        user = try cells.next()
        username = try cells.next()
        hex = try cells.next()
        source = try cells.next()
        isEnabled = try cells.next()
        isLocal = try cells.next()
        note = try cells.next()
        expiresAt = try cells.next()
        parent = try cells.next()
        registeredAt = try cells.next()
        lastSeen = try cells.next()
    }

    var body: TagBody {
        TagBody(
            username: username, user_id: hex, id_tag: word, source: source, is_enabled: isEnabled,
            local: isLocal, note: note, expires_at: expiresAt, parent_id_tag: parent,
            date_registered: registeredAt, last_seen: lastSeen ?? .never)
    }
}

/// What stations know a person by: 1–20 printable ASCII characters, in upper case.
struct TagWord: Hashable, Sendable {
    let text: String

    static let words: Set<String> = ["LIST", "INFO", "CREATE", "UPDATE", "DELETE"]

    init?(_ text: String) {
        let trimmed = text.trimmed
        guard (1...20).contains(trimmed.utf8.count), trimmed.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        self.text = trimmed.uppercased()
    }
}

extension TagWord: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        guard let word = Self(try decoder.singleValueContainer().decode(String.self)) else {
            throw OutsideLimits("must be 1 to 20 printable characters")
        }
        self = word
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    static var jsonSchema: JSONSchema { .string(pattern: "^[!-~]([ -~]{0,18}[!-~])?$") }
    static var standIn: Self { Self(unchecked: "") }

    private init(unchecked text: String) {
        self.text = text
    }
}
