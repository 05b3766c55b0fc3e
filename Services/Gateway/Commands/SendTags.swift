import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres

extension Gateway {
    /// Gives a station all tags that it may know offline, under the number behind its own.
    func send(_ wish: SendTagList, by asker: Asker) async throws -> SendTagList.Answer {
        let link = try await openLink(to: wish.chargePoint)
        let held = try Self.answer(
            of: await command(.getLocalListVersion, Array("{}".utf8), to: link, by: asker), from: link)
        guard
            let version = try? JSONReader.decode(
                V16.GetLocalListVersion.Response.self, from: held, rules: .api
            ).listVersion
        else { throw CommandRefusal(.failed, "the charge point's answer was not understood") }
        guard version >= 0 else {
            throw CommandRefusal(.rejected, "charge point keeps no list", status: "NotSupported")
        }
        let list = try await host.database.run(.tagList(of: link.id))
        let entries = try await host.database.run(.localTags).compactMap(\.entry)
        let next = TagList.next(after: version)
        var payload: [UInt8] = []
        V16.SendLocalList.write(
            .init(
                listVersion: next, localAuthorizationList: entries, updateType: .full),
            into: &payload)
        let answer = try Self.answer(
            of: await command(.sendLocalList, payload, to: link, by: asker), from: link)
        if let list, Self.status(in: answer) == "Accepted" {
            try await host.database.run(
                .listWasTaken(by: link.id, next, list.current, at: host.clock.now))
        } else {
            try await host.database.run(.listIsUnknown(to: link.id))
        }
        return .init(payload: String(decoding: answer, as: UTF8.self))
    }
}

/// A tag that stations may know.
private struct LocalTag: Row, Sendable {
    var word: String
    var expires: Date?
    var parent: String?

    static let columns = "tag, expires_at, parent_tag"

    init(_ cells: inout Cells) throws {
        word = try cells.next()
        expires = try cells.next()
        parent = try cells.next()
    }

    /// Nil for a word that OCPP 1.6 has no room for.
    var entry: V16.SendLocalList.Entry? {
        Bounded<20>(word).map { word in
            .init(
                idTag: word,
                idTagInfo: .init(
                    expiryDate: expires.map { Timestamp($0) }, parentIdTag: parent.flatMap { Bounded($0) },
                    status: .accepted))
        }
    }
}

extension Query where Result == [LocalTag] {
    fileprivate static var localTags: Self {
        """
        SELECT \(columns: LocalTag.self)
        FROM accounts_view.tag
        WHERE is_enabled AND is_local AND (expires_at IS NULL OR expires_at > now())
        ORDER BY tag
        """
    }
}
