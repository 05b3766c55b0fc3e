import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

@testable import GatewayService

/// The list of tags that a station keeps follows the tags that are marked for it.
@Suite(.gatewayUp, .timeLimit(.minutes(10))) struct `A station's list of tags` {
    private let up = GatewayUp.current

    private func tag(_ word: String, expires: Date? = nil, parent: String? = nil) async throws {
        try await up.owner.run(
            """
            INSERT INTO accounts.tag (id_tag, is_enabled, is_local, expires_at, parent_tag, registered_at)
            VALUES (\(word), true, true, \(expires as Date?), \(parent as String?), \(up.clock.now))
            """)
    }

    private func tell(_ word: String) {
        up.gateway.host.bus.publish(TagChanged(word, of: nil, at: up.clock.now))
    }

    private func station(tagsInMessage: Int? = 100) async throws -> Simulator {
        try await up.enter("CP1")
        return try await up.boot("CP1") { $0.tagsInMessage = tagsInMessage }
    }

    /// Waits until the gateway has written down that the station took so many updates.
    private func version(_ wanted: Int) async throws {
        try await Wait.until {
            let known: Int32? = try await up.owner.run(
                "SELECT version FROM gateway.local_list WHERE charge_point_id = 'CP1'")
            return known == Int32(wanted)
        }
    }

    private func sent(_ station: Simulator) -> [V16.SendLocalList.Request] {
        station.log.asked(V16.SendLocalList.self)
    }

    @Test(.covers("TC_042_2", "TC_043_5")) func `is brought up by what changed`() async throws {
        try await tag("04A1")
        try await tag("04A2", parent: "FLEET")
        let station = try await station()
        try await version(1)
        #expect(sent(station).map(\.updateType) == [.differential])
        #expect(await station.tags?.entries.keys.sorted() == ["04A1", "04A2"])
        #expect(await station.tags?.entries["04A2"]?.parentIdTag?.text == "FLEET")

        try await tag("04A3")
        try await up.owner.run("UPDATE accounts.tag SET is_enabled = false WHERE id_tag = '04A1'")
        tell("04A3")
        try await version(2)

        let last = try #require(sent(station).last)
        #expect(last.updateType == .differential && last.listVersion == 2)
        #expect(last.localAuthorizationList?.map(\.idTag.text) == ["04A1", "04A3"])
        #expect(last.localAuthorizationList?.map { $0.idTagInfo == nil } == [true, false])
        #expect(await station.tags?.entries.keys.sorted() == ["04A2", "04A3"])
        #expect(await station.tags?.version == 2)
        await station.shutDown()
    }

    @Test(.covers("TC_043_4")) func `is sent as a whole where its number is another`() async throws {
        try await tag("04A1")
        let station = try await station()
        try await version(1)
        try await tag("04A2")
        // Unnoticed by us: only its answer tells.
        await station.answer(
            .sendLocalList, with: #"{"status":"VersionMismatch"}"#, #"{"status":"Accepted"}"#)
        await station.answer(.getLocalListVersion, with: #"{"listVersion":40}"#)

        tell("04A2")
        try await version(41)

        let types = sent(station).map { "\($0.updateType.rawValue) \($0.listVersion)" }
        #expect(types == ["Differential 1", "Differential 2", "Full 41"])
        #expect(sent(station).last?.localAuthorizationList?.map(\.idTag.text) == ["04A1", "04A2"])
        await station.shutDown()
    }

    @Test func `that was lost is sent again after a boot`() async throws {
        try await tag("04A1")
        let station = try await station()
        try await version(1)
        await station.forgetTags()

        try await station.boot()
        try await version(2)

        #expect(sent(station).last?.updateType == .full)
        #expect(await station.tags?.entries.keys.sorted() == ["04A1"])
        await station.shutDown()
    }

    @Test func `comes in as many messages as it needs`() async throws {
        for number in 1...7 { try await tag("04A\(number)") }
        let station = try await station(tagsInMessage: 3)
        try await version(3)
        #expect(sent(station).map { $0.localAuthorizationList?.count } == [3, 3, 1])
        #expect(await station.tags?.entries.count == 7)

        await station.forgetTags()
        try await station.boot()
        try await version(6)

        #expect(sent(station).suffix(3).map(\.updateType) == [.full, .differential, .differential])
        #expect(await station.tags?.entries.count == 7)
        await station.shutDown()
    }

    @Test func `is put right after an operator wrote another`() async throws {
        try await tag("04A1")
        let station = try await station()
        try await version(1)
        let point = try #require(ChargePointID("CP1"))
        let byHand = #"{"listVersion":9,"updateType":"Full","localAuthorizationList":[]}"#
        _ = try await CommandSender(on: up.gateway.host.bus).send(
            SendCall("SendLocalList", byHand, to: point), by: .system(.accounts)
        ).get()
        #expect(await station.tags?.entries.isEmpty == true)

        tell("04A1")
        try await version(10)

        #expect(sent(station).last?.updateType == .full)
        #expect(await station.tags?.entries.keys.sorted() == ["04A1"])
        await station.shutDown()
    }

    @Test(.covers("TC_042_1")) func `is not asked of one that keeps none`() async throws {
        try await tag("04A1")
        let station = try await station(tagsInMessage: nil)
        #expect(
            await station.log.waits(within: .seconds(30)) {
                $0.asked(V16.ChangeConfiguration.self).count >= 2
            })

        tell("04A1")
        await up.gateway.bringListsUp()

        #expect(station.log.asked(V16.GetLocalListVersion.self).isEmpty)
        #expect(sent(station).isEmpty)
        await station.shutDown()
    }
}
