import Core
import FoundationEssentials
import OCPP
import Sockets
import StationSimulator
import TestSupport
import Testing
import WebSocket

extension StationProfile {
    /// Of a test: its time stands still until it is told, and it comes back quickly.
    static var byHand: StationProfile {
        var profile = StationProfile()
        profile.pace = .byHand
        profile.reconnectDelay = .milliseconds(10)
        profile.patience = .seconds(5)
        return profile
    }
}

extension JSONValue {
    subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    subscript(_ index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    var count: Int { if case .array(let elements) = self { elements.count } else { 0 } }

    var text: String? { if case .string(let text) = self { text } else { nil } }
}

@Suite struct `A simulated station` {
    private let loop = TestLoops.shared.next()

    @Test func `boots and reports every connector`() async throws {
        try await TestCentral.serve { central in
            var profile = StationProfile.byHand
            profile.connectors = 2
            var system = central.system
            system.password = "open: sesame"
            let station = try await Simulator.boot("CP:1", at: system, profile: profile, on: loop)

            let opening = try #require(central.openings.first)
            #expect(opening.target == "/ocpp/CP:1")
            #expect(opening.authorization == "Basic \(Data("CP:1:open: sesame".utf8).base64EncodedString())")
            #expect(opening.subprotocols == ["ocpp1.6"])
            #expect(
                central.actions == ["BootNotification"] + Array(repeating: "StatusNotification", count: 3))
            #expect(central.calls(.bootNotification)[0]["chargePointSerialNumber"] == "CP:1")
            #expect(central.calls(.statusNotification).map { $0["connectorId"] } == [0, 1, 2])
            #expect(await station.registration == .accepted)
            #expect(await station.configurationValue("HeartbeatInterval") == "300")
            await station.shutDown()
        }
    }

    @Test func `asks again when it is told to wait`() async throws {
        try await TestCentral.serve { central in
            let wait = #"{"status":"Pending","currentTime":"2030-01-01T00:00:00Z","interval":1}"#
            central.answerOnce(.bootNotification, .result(wait), .result(wait))
            var profile = StationProfile()
            profile.pace = .running(speed: 100)
            let station = try await Simulator.boot("CP1", at: central.system, profile: profile, on: loop)

            #expect(central.calls(.bootNotification).count == 3)
            #expect(
                station.log.answers(to: V16.BootNotification.self).map(\.status) == [
                    .pending, .pending, .accepted,
                ])
            await station.shutDown()
        }
    }

    @Test func `beats at the interval that it was told`() async throws {
        try await TestCentral.serve { central in
            var profile = StationProfile()
            // The 300 seconds of the answer pass in 30 milliseconds.
            profile.pace = .running(speed: 10_000)
            let station = try await Simulator.boot("CP1", at: central.system, profile: profile, on: loop)

            #expect(await central.waits { $0.calls(.heartbeat).count >= 3 })
            await station.shutDown()
        }
    }

    @Test(arguments: ["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"])
    func `tells what became of a card`(word: String) async throws {
        try await TestCentral.serve { central in
            central.answer(.authorize, .result(#"{"idTagInfo":{"status":"\#(word)"}}"#))
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)

            #expect(await station.authorize("04A1").rawValue == word)
            #expect(central.calls(.authorize) == [["idTag": "04A1"]])
            await station.shutDown()
        }
    }

    @Test func `charges a night through, every watt-hour told in order`() async throws {
        try await TestCentral.serve { central in
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)
            let began = await station.now

            let charge = try await station.charge(
                tag: "04A1", energy: Energy(wattHours: 21_400), over: .seconds(8 * 3_600), readings: 8)

            #expect(charge == Charge(transactionId: 101, meterStart: 1_000, meterStop: 22_400))
            #expect(
                Array(central.actions.dropFirst(3)) == [
                    "StatusNotification", "Authorize", "StartTransaction", "StatusNotification",
                ] + Array(repeating: "MeterValues", count: 7) + [
                    "StatusNotification", "StopTransaction", "StatusNotification",
                ])
            #expect(
                central.calls(.statusNotification).dropFirst(2).compactMap { $0["status"]?.text } == [
                    "Preparing", "Charging", "Finishing", "Available",
                ])
            let energies = central.calls(.meterValues).map {
                $0["meterValue"]?[0]?["sampledValue"]?[0]?["value"]?.text
            }
            #expect(energies == (1...7).map { "\(1_000 + 2_675 * $0)" })
            #expect(central.calls(.meterValues).allSatisfy { $0["transactionId"] == 101 })
            let stop = try #require(central.calls(.stopTransaction).first)
            #expect(stop["meterStop"] == 22_400)
            #expect(stop["transactionId"] == 101)
            #expect(stop["reason"] == "Local")
            #expect(stop["timestamp"]?.text == Timestamp(began + 8 * 3_600).text)
            await station.shutDown()
        }
    }

    @Test func `measures by its own clock while it charges`() async throws {
        try await TestCentral.serve { central in
            var profile = StationProfile()
            // An hour passes in 360 milliseconds; a sample each minute of it.
            profile.pace = .running(speed: 10_000)
            let station = try await Simulator.boot("CP1", at: central.system, profile: profile, on: loop)
            await station.plugIn()
            #expect(await station.present("04A1") == .accepted)

            #expect(await central.waits { $0.calls(.meterValues).count >= 5 })
            await station.stop()
            #expect(await central.waits { !$0.calls(.stopTransaction).isEmpty })
            let energies = central.calls(.meterValues).compactMap {
                $0["meterValue"]?[0]?["sampledValue"]?[0]?["value"]?.text.flatMap { Int($0) }
            }
            // 11 kW are 183 Wh a minute, and at this speed a sample comes late rather than early.
            #expect(energies == energies.sorted())
            #expect(zip(energies, energies.dropFirst()).allSatisfy { $1 - $0 >= 180 })
            await station.shutDown()
        }
    }

    @Test func `is refused where its card is not welcome`() async throws {
        try await TestCentral.serve { central in
            central.answer(
                .startTransaction, .result(#"{"idTagInfo":{"status":"Blocked"},"transactionId":7}"#))
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)
            await station.plugIn()
            _ = await station.present("04A1")

            #expect(await central.waits { !$0.calls(.stopTransaction).isEmpty })
            let stop = central.calls(.stopTransaction)[0]
            #expect(stop["transactionId"] == 7)
            #expect(stop["reason"] == "DeAuthorized")
            #expect(await station.isCharging() == false)
            await station.shutDown()
        }
    }

    @Test func `obeys a remote start and a remote stop`() async throws {
        try await TestCentral.serve { central in
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)

            central.ask("a", .remoteStartTransaction, #"{"idTag":"04A1","connectorId":1}"#)
            #expect(await central.waits { !$0.calls(.startTransaction).isEmpty })
            #expect(central.reply(to: "a") == ["status": "Accepted"])
            #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })

            central.ask("b", .remoteStartTransaction, #"{"idTag":"04A1","connectorId":1}"#)
            #expect(await central.waits { $0.reply(to: "b") != nil })
            #expect(central.reply(to: "b") == ["status": "Rejected"])

            central.ask("c", .remoteStopTransaction, #"{"transactionId":999}"#)
            #expect(await central.waits { $0.reply(to: "c") != nil })
            #expect(central.reply(to: "c") == ["status": "Rejected"])

            central.ask("d", .remoteStopTransaction, #"{"transactionId":101}"#)
            #expect(await central.waits { !$0.calls(.stopTransaction).isEmpty })
            #expect(central.reply(to: "d") == ["status": "Accepted"])
            #expect(central.calls(.stopTransaction)[0]["reason"] == "Remote")
            await station.shutDown()
        }
    }

    @Test func `refuses what it cannot read and what it does not offer`() async throws {
        try await TestCentral.serve { central in
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)

            central.say(#"[2,"1","FlyToTheMoon",{}]"#)
            central.say(#"[2,"2","GetDiagnostics",{"location":"ftp://a"}]"#)
            central.say(#"[2,"3","Reset",{"type":"Sideways"}]"#)
            central.say(#"{"no":"frame"}"#)

            #expect(await station.log.waits { $0.refused.count == 4 })
            #expect(
                station.log.refused.map(\.code) == [
                    .notImplemented, .notSupported, .propertyConstraintViolation, .formatViolation,
                ])
            await station.shutDown()
        }
    }

    @Test func `changes what it is told to change, and keeps its password to itself`() async throws {
        try await TestCentral.serve { central in
            var system = central.system
            system.password = "secret"
            let station = try await Simulator.boot("CP1", at: system, profile: .byHand, on: loop)

            central.ask("1", .changeConfiguration, #"{"key":"MeterValueSampleInterval","value":"17"}"#)
            central.ask("2", .changeConfiguration, #"{"key":"NumberOfConnectors","value":"9"}"#)
            central.ask("3", .changeConfiguration, #"{"key":"Colour","value":"red"}"#)
            central.ask(
                "4", .getConfiguration, #"{"key":["MeterValueSampleInterval","AuthorizationKey","Colour"]}"#)

            #expect(await central.waits { $0.reply(to: "4") != nil })
            #expect(
                ["1", "2", "3"].map { central.reply(to: $0)?["status"]?.text } == [
                    "Accepted", "Rejected", "NotSupported",
                ])
            let keys = try #require(central.reply(to: "4"))
            #expect(keys["configurationKey"]?[0]?["value"] == "17")
            #expect(keys["configurationKey"]?[1]?["value"] == nil)
            #expect(keys["unknownKey"] == ["Colour"])
            await station.shutDown()
        }
    }

    @Test func `writes down all that passes, in its order`() async throws {
        try await TestCentral.serve { central in
            let station = try await Simulator.boot("CP1", at: central.system, profile: .byHand, on: loop)
            try await station.charge(
                tag: "04A1", energy: Energy(wattHours: 3_000), over: .seconds(600), readings: 2)

            let log = station.log.entries
            #expect(log.filter { $0.direction == .sent }.map(\.text) == central.heard.map(\.text))
            // Each call of the station is answered before its next one.
            #expect(log.map(\.direction) == (0..<log.count).map { $0.isMultiple(of: 2) ? .sent : .received })
            #expect(zip(log, log.dropFirst()).allSatisfy { $0.at <= $1.at })
            #expect(station.log.count == log.count)
            await station.shutDown()
        }
    }
}
