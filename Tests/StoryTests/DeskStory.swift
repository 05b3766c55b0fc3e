import Core
import Foundation
import OCPP
import Sockets
import StationSimulator
import TestSupport
import Testing

/// What an operator and a host do with a charge point, through the API, down to the station's wire and up to the bill.
@Suite(.suiteUp, .timeLimit(.minutes(5))) struct `The desk of a charge point` {
    private func station(_ network: Network) async throws -> Simulator {
        var profile = StationProfile()
        profile.pace = .byHand
        profile.power = 10_000
        profile.reconnectDelay = .milliseconds(100)
        profile.sampleInterval = 0
        let central = try await CentralSystem.at(
            "ws://127.0.0.1:\(SuiteUp.current.stationPort)/", password: network.password)
        let station = Simulator(network.point, at: central, profile: profile, on: TestLoops.shared.next())
        await station.setClockError(-3 * 3_600)
        try await station.connect()
        try await station.boot()
        return station
    }

    @Test(.fact(48, 49), .covers("TC_019_1", "TC_019_2", "TC_021", "TC_040_1"))
    func `reads and changes the configuration`() async throws {
        let network = try await Network.make("Desk")
        let (admin, driver) = (network.admin, network.driver)
        let station = try await station(network)
        let path = "/api/v1/charge-points/\(network.point)/configuration"

        let all = try await admin.get(path)
        #expect((all["configuration"]?.list ?? []).count > 5)
        let one = try await admin.get("\(path)?keys=HeartbeatInterval,NoSuchKey")
        #expect(one["configuration"]?.list.map { $0["key"] } == ["HeartbeatInterval"])
        #expect(one["unknown"] == ["NoSuchKey"])

        let changed = try await admin.call("PATCH", path, ["key": "HeartbeatInterval", "value": "120"])
        #expect(changed.status == 200)
        #expect(try changed.json["status"] == "Accepted")
        #expect(await station.configurationValue("HeartbeatInterval") == "120")
        let refused = try await admin.call("PATCH", path, ["key": "NoSuchKey", "value": "1"])
        #expect(refused.status == 409)
        #expect(try refused.json["status_code"] == 2021)
        for payload: JSONValue in ["HeartbeatInterval=300", #"{"key":"HeartbeatInterval","value":"300"}"#] {
            let said = try await admin.post(
                "/api/v1/csc",
                [
                    "feature_name": "ChangeConfiguration", "charge_point_id": .string(network.point),
                    "connector_id": 1, "payload": payload,
                ], expecting: 200)
            #expect(said["status"] == "success")
        }
        #expect(await station.configurationValue("HeartbeatInterval") == "300")

        // A driver may know of a public point, and no more.
        #expect(try await driver.call("GET", path).status == 403)
        let command = try await driver.call(
            "POST", "/api/v1/csc",
            [
                "feature_name": "GetConfiguration", "charge_point_id": .string(network.point),
                "connector_id": 1,
            ])
        #expect(command.status == 403)
        try await eventually("what the station told after its boot is kept") {
            let cached = try await admin.get("\(path)?cached=true&keys=HeartbeatInterval")
            return cached["configuration"]?.list.count == 1 ? true : nil
        }
        await station.shutDown()

        try await eventually("the point is offline") {
            let away = try await admin.call("GET", path)
            return away.status == 409 ? (try away.json["status_code"] == 2020) : nil
        }
    }

    @Test(.covers("TC_013", "TC_017_1", "TC_031")) func `resets, unlocks and closes`() async throws {
        let network = try await Network.make("Keys")
        let admin = network.admin
        let station = try await station(network)
        let base = "/api/v1/charge-points/\(network.point)"

        #expect(
            try await admin.post("\(base)/unlock", ["connector_id": 1], expecting: 200)["status"]
                == "Unlocked")
        #expect(
            try await admin.post(
                "\(base)/availability", ["connector_id": 1, "available": false], expecting: 200)["status"]
                == "Accepted")
        #expect(await station.status(of: 1) == .unavailable)
        _ = try await admin.post(
            "\(base)/availability", ["connector_id": 1, "available": true], expecting: 200)
        #expect(
            try await admin.post("\(base)/reset", ["type": "Hard"], expecting: 200)["status"] == "Accepted")
        #expect(await station.log.waits { $0.answers(to: V16.BootNotification.self).count == 2 })
        #expect(try await admin.call("POST", "\(base)/reset", ["type": "Sideways"]).status == 400)
        try await eventually("the log tells of it") {
            let log = try await admin.get("\(base)/log?per_page=100")
            return (log["items"]?.list ?? []).contains { $0["feature"] == "Reset" } ? true : nil
        }
        await station.shutDown()
    }

    @Test func `shows the wire of a session, and lets a doubtful reading count`() async throws {
        let network = try await Network.make("Doubt")
        let admin = network.admin
        let station = try await station(network)
        await station.plugIn()
        #expect(await station.present(network.card) == .accepted)
        let session = Int64(try #require(await station.transaction()))
        await station.advance(by: .seconds(3_600))
        await station.sample()
        await station.setManners(.bad(.stopsBelowStart))
        await station.stop(tag: network.card)
        let shown = try await network.settled(session)
        #expect(shown["consumed"] == 10_000)

        let base = "/api/v1/charge-points/\(network.point)"
        let frames = try await eventually("the frames are written") {
            let page = try await admin.get("\(base)/frames?transaction_id=\(session)&per_page=100&order=asc")
            let actions = (page["items"]?.list ?? []).compactMap { $0["action"]?.text }
            return actions.contains("StopTransaction") ? actions : nil
        }
        #expect(frames.contains("StartTransaction"))
        #expect(frames.contains("MeterValues"))
        #expect(!frames.contains("BootNotification"))

        let doubtful = try await admin.get("\(base)/readings?transaction_id=\(session)")
        let reading = try #require(doubtful["items"]?.list.first)
        #expect(reading["rule"] == "meter at the stop below the start")
        let number = try #require(reading["id"]?.whole)
        // A register below the start counts for nothing, whoever says so.
        let accepted = try await admin.call("POST", "\(base)/readings/\(number)/review", ["grade": "good"])
        #expect(accepted.status == 409)
        let rejected = try await admin.post(
            "\(base)/readings/\(number)/review", ["grade": "rejected", "note": "a broken meter"],
            expecting: 200)
        #expect(rejected["grade"] == "rejected")
        let again = try await admin.call("POST", "\(base)/readings/\(number)/review", ["grade": "rejected"])
        #expect(again.status == 409)
        #expect(try again.json["status_code"] == 2031)
        #expect(try await network.driver.call("GET", "\(base)/frames").status == 403)
        await station.shutDown()
    }

    @Test func `attaches an unknown stop, and the bill follows`() async throws {
        let network = try await Network.make("Orphan")
        let admin = network.admin
        let station = try await station(network)
        await station.plugIn()
        #expect(await station.present(network.card) == .accepted)
        let session = Int64(try #require(await station.transaction()))
        let began = await station.now
        await station.advance(by: .seconds(1_800))
        await station.sample()
        // Another start on the connector ends the first by its last reading.
        let second =
            #"{"connectorId":1,"idTag":"\#(network.card)","meterStart":7000,"timestamp":"\#(Timestamp.text(began + 5_400))"}"#
        try await station.call("StartTransaction", payload: Array(second.utf8))
        #expect(try await network.settled(session)["consumed"] == 5_000)
        let stop =
            #"{"transactionId":999999,"meterStop":9000,"timestamp":"\#(Timestamp.text(began + 3_600))"}"#
        try await station.call("StopTransaction", payload: Array(stop.utf8))

        let base = "/api/v1/charge-points/\(network.point)/orphans"
        let orphans = try await admin.get("\(base)?status=open")
        let orphan = try #require(orphans["items"]?.list.first)
        #expect(orphan["transaction_id"] == 999_999)
        let number = try #require(orphan["id"]?.whole)
        let attached = try await admin.post(
            "\(base)/\(number)/attach", ["transaction_id": .integer(session)], expecting: 200)
        #expect(attached["status"] == "done")

        let bill = try await eventually("the bill follows") {
            let shown = try await network.driver.get("/api/v1/transactions/info/\(session)")
            return shown["consumed"] == 8_000 && shown["payment_billed"] == 280 ? shown : nil
        }
        #expect(bill["price"] == 280)
        #expect(try await network.balance() == 10_000 - 280)
        #expect(try await admin.call("POST", "\(base)/\(number)/dismiss", [:]).status == 409)
        await station.shutDown()
    }
}
