import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Redis
import Sockets
import Telemetry

/// A tag as a station's list has it.
struct ListedTag: Codable, Equatable, Sendable {
    /// Seconds since 1970.
    var expires: Int64?
    var parent: String?

    var info: V16.IdTagInfo {
        .init(
            expiryDate: expires.map { Timestamp(Date(timeIntervalSince1970: TimeInterval($0))) },
            parentIdTag: parent.flatMap { Bounded($0) }, status: .accepted)
    }
}

/// What a station was given, and what it should have by now.
struct TagList: Codable, Equatable, Sendable {
    var version: Int
    /// Nil: not known.
    var entries: [String: ListedTag]?
    var longest_message: Int
    var current: [String: ListedTag]

    /// Number behind the present one; after the last one they begin again.
    static func next(after version: Int) -> Int { version < Int32.max ? version + 1 : 1 }

    /// From what the station has to what it should have; an entry without a tag's state takes the tag out.
    var changes: [V16.SendLocalList.Entry] {
        guard let entries else { return [] }
        let new = current.filter { entries[$0.key] != $0.value }.mapValues { Optional($0) }
        let old = entries.keys.filter { current[$0] == nil }.map { ($0, ListedTag?.none) }
        return Self.entries(of: new.merging(old) { kept, _ in kept })
    }

    var whole: [V16.SendLocalList.Entry] { Self.entries(of: current.mapValues { Optional($0) }) }

    private static func entries(of tags: [String: ListedTag?]) -> [V16.SendLocalList.Entry] {
        tags.sorted { $0.key < $1.key }.compactMap { word, tag in
            // OCPP 1.6 has no room for longer words.
            Bounded<20>(word).map { .init(idTag: $0, idTagInfo: tag?.info) }
        }
    }
}

/// Keeps the list of a station in step with the tags marked `local` (ocpp.md): by what changed, and as a whole where the numbers
/// disagree.
struct KeepTagList {
    let gateway: Gateway
    let link: StationLink
    var asker = Asker.system(.gateway)

    enum Outcome: Equatable {
        case upToDate
        case sent(version: Int)
        case notKept
        case failed(String)
    }

    /// After a boot: the station may have lost what it had.
    func begin(longestMessage: Int) async throws {
        guard let held = try await heldVersion() else { return }
        guard held >= 0 else { return try await gateway.host.database.run(.forgetList(of: link.id)) }
        try await gateway.host.database.run(
            .listIsKept(
                by: link.id, isEmpty: held == 0, longestMessage: longestMessage, at: gateway.host.clock.now))
        await gateway.bringListUp(link, held: held)
    }

    /// Nil where the station did not say.
    func heldVersion() async throws -> Int? {
        guard
            case .answered(let answer) = await gateway.command(
                .getLocalListVersion, Array("{}".utf8), to: link, by: asker)
        else { return nil }
        return try? JSONReader.decode(
            V16.GetLocalListVersion.Response.self, from: answer, rules: .api
        ).listVersion
    }

    /// - Parameter held: the station's number where it was asked for it.
    func update(held: Int?) async throws -> Outcome {
        guard let list = try await gateway.host.database.run(.tagList(of: link.id)) else { return .notKept }
        var held = held
        if list.entries == nil, held == nil { held = try await heldVersion() }
        guard list.entries != nil, held == nil || held == list.version else {
            return try await send(list, whole: true, after: max(list.version, held ?? 0))
        }
        guard !list.changes.isEmpty else { return .upToDate }
        let outcome = try await send(list, whole: false, after: list.version)
        // It has another number, or could not make sense of the change.
        guard case .failed(let word) = outcome, word == "VersionMismatch" || word == "Failed" else {
            return outcome
        }
        let known = try await heldVersion() ?? list.version
        return try await send(list, whole: true, after: max(list.version, known))
    }

    private func send(_ list: TagList, whole: Bool, after version: Int) async throws -> Outcome {
        var entries = ArraySlice(whole ? list.whole : list.changes)
        var version = version
        var isFirst = true
        while isFirst || !entries.isEmpty {
            version = TagList.next(after: version)
            let part = Array(entries.prefix(list.longest_message))
            entries = entries.dropFirst(part.count)
            let word = await send(part, version, whole && isFirst ? .full : .differential)
            guard word == "Accepted" else {
                // Part of it may be there: what it has now is not known.
                if !isFirst || whole { try await gateway.host.database.run(.listIsUnknown(to: link.id)) }
                if word == "NotSupported" {
                    try await gateway.host.database.run(.forgetList(of: link.id))
                    return .notKept
                }
                return .failed(word)
            }
            isFirst = false
        }
        try await gateway.host.database.run(
            .listWasTaken(by: link.id, version, list.current, at: gateway.host.clock.now))
        return .sent(version: version)
    }

    /// The station's word, or what came instead of one.
    private func send(
        _ entries: [V16.SendLocalList.Entry], _ version: Int, _ type: V16.UpdateType
    ) async -> String {
        var payload: [UInt8] = []
        V16.SendLocalList.write(
            .init(listVersion: version, localAuthorizationList: entries, updateType: type), into: &payload)
        return await gateway.command(.sendLocalList, payload, to: link, by: asker).word
    }
}

extension Gateway {
    /// One update of a station's list after the other; what changes meanwhile is looked at once more.
    func bringListUp(_ link: StationLink, held: Int? = nil) async {
        await Task(executorPreference: link.loop) {
            link.listIsBehind = true
            guard !link.isListing else { return }
            link.isListing = true
            defer { link.isListing = false }
            var held = held
            while link.listIsBehind, link.isOpen {
                link.listIsBehind = false
                do {
                    let outcome = try await KeepTagList(gateway: self, link: link).update(held: held)
                    if case .failed(let word) = outcome {
                        self.log(link.id, "SendLocalList", "the list was not taken: \(word)", .warning)
                    }
                } catch {
                    self.host.log.debug("tags.list_unsent", ["error": .text("\(error)")])
                }
                held = nil
            }
        }.value
    }

    /// Brings up all lists of this gateway's stations that are behind. A tag that changed is told by an event; the look once a
    /// minute finds what was missed, and what a station did not take.
    func followTags() async {
        let listening = await host.bus.listen([
            .to(TagChanged.self) { [self] _ in
                Task(executorPreference: host.bus.loop) { await self.bringListsUp() }
            }
        ])
        while !Task.isCancelled {
            // Cancelled: the loop ends.
            try? await host.sleep(for: .seconds(60))
            await bringListsUp()
        }
        listening.cancel()
    }

    func bringListsUp() async {
        let held = links.all
        guard !held.isEmpty else { return }
        do {
            for id in try await host.database.run(.listsBehind(of: held.map(\.id.text))) {
                guard let point = ChargePointID(id), let link = links[point] else { continue }
                Task(executorPreference: link.loop) { await self.bringListUp(link) }
            }
        } catch {
            host.log.debug("tags.lists_unread", ["error": .text("\(error)")])
        }
    }
}

extension TagList: RowDecodable {
    init(_ cells: inout Cells) throws {
        self = try cells.next(json: TagList.self)
    }
}

extension SQL {
    /// The list as every station should have it.
    private static let currentTags: SQL = """
        SELECT coalesce(jsonb_object_agg(listed.tag, jsonb_strip_nulls(jsonb_build_object(
            'expires', floor(extract(epoch FROM listed.expires_at))::bigint, 'parent', listed.parent_tag))), '{}') AS entries
        FROM (
            SELECT tag, expires_at, parent_tag FROM accounts_view.tag
            WHERE is_enabled AND is_local AND (expires_at IS NULL OR expires_at > now()) AND char_length(tag) <= 20
            ORDER BY tag
        ) AS listed
        """

    fileprivate static var current: SQL { currentTags }
}

extension Query where Result == TagList? {
    static func tagList(of point: ChargePointID) -> Self {
        """
        SELECT jsonb_build_object('version', list.version, 'entries', list.entries, 'longest_message',
            list.longest_message, 'current', current.entries)
        FROM gateway.local_list AS list, (\(SQL.current)) AS current
        WHERE list.charge_point_id = \(point.text)
        """
    }
}

extension Query where Result == [String] {
    fileprivate static func listsBehind(of points: [String]) -> Self {
        """
        SELECT list.charge_point_id
        FROM gateway.local_list AS list, (\(SQL.current)) AS current
        WHERE list.charge_point_id = ANY(\(points)) AND list.digest <> md5(current.entries::text)
        ORDER BY list.charge_point_id
        """
    }
}

extension Query where Result == Void {
    fileprivate static func listIsKept(
        by point: ChargePointID, isEmpty: Bool, longestMessage: Int, at now: Date
    ) -> Self {
        """
        INSERT INTO gateway.local_list AS list (charge_point_id, version, entries, digest, longest_message, sent_at)
        VALUES (\(point.text), 0, CASE WHEN \(isEmpty) THEN '{}'::jsonb END, CASE WHEN \(isEmpty) THEN md5('{}') ELSE '' END,
            \(Int32(clamping: longestMessage)), \(now))
        ON CONFLICT (charge_point_id) DO UPDATE SET longest_message = excluded.longest_message
        """
    }

    static func listWasTaken(
        by point: ChargePointID, _ version: Int, _ entries: [String: ListedTag], at now: Date
    ) -> Self {
        """
        UPDATE gateway.local_list
        SET version = \(Int32(clamping: version)), entries = \(json: entries), digest = md5((\(json: entries))::text),
            sent_at = \(now)
        WHERE charge_point_id = \(point.text)
        """
    }

    /// Somebody else gave it a list, or half of one.
    static func listIsUnknown(to point: ChargePointID) -> Self {
        "UPDATE gateway.local_list SET entries = NULL, digest = '' WHERE charge_point_id = \(point.text)"
    }

    fileprivate static func forgetList(of point: ChargePointID) -> Self {
        "DELETE FROM gateway.local_list WHERE charge_point_id = \(point.text)"
    }
}
