import Core
import HTTP
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

/// People of every kind, and a point with its station.
private struct Cast {
    let up = AccountsUp.current
    let network = NetworkUp.current
    let admin: AccountsRows.Person
    let worker: AccountsRows.Person
    let host: AccountsRows.Person
    let driver: AccountsRows.Person
    let station: Simulator

    init(_ adjust: (inout StationProfile) -> Void = { _ in }) async throws {
        admin = try await up.rows.person("admin", role: "admin")
        worker = try await up.rows.person("worker", role: "operator")
        host = try await up.rows.person("host")
        driver = try await up.rows.person("driver")
        try await network.point("CP77", owner: host.id)
        station = try await network.station("CP77", adjust)
    }

    func send(
        _ feature: String, _ payload: JSONValue? = nil, connector: Int64? = nil,
        as person: AccountsRows.Person, point: String = "CP77"
    ) async throws -> Answer {
        var body: [String: JSONValue] = ["feature_name": .string(feature), "charge_point_id": .string(point)]
        if let payload { body["payload"] = payload }
        if let connector { body["connector_id"] = .integer(connector) }
        return try await up.post("/api/v1/csc", .object(body), as: person.token)
    }

    /// The requests of that action that reached the station.
    func heard(_ action: String) -> [JSONValue] {
        station.log.entries.filter { $0.direction == .received && $0.kind == .call && $0.action == action }
            .compactMap { entry in
                // A frame that was logged as a call is one.
                (try? JSONReader.decode(JSONValue.self, from: Array(entry.text.utf8)))?.elements.last
            }
    }
}

@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `A command in the words of OCPP` {
    @Test func `comes back with the charger's answer`() async throws {
        let cast = try await Cast()

        let answer = try await cast.send("ClearCache", as: cast.worker)

        #expect(answer.status == 200)
        #expect(answer["status"] == "success" && answer["charge_point_id"] == "CP77")
        #expect(answer["info"] == #"{"status":"Accepted"}"# && answer["data"] == ["status": "Accepted"])
        #expect(try await Registry().audited(by: cast.worker.id) == ["CSC_COMMAND"])
    }

    @Test(.fact(49)) func `is written plainly or as the complete request`() async throws {
        let cast = try await Cast()
        let cases: [(String, JSONValue, Int64?, JSONValue)] = [
            (
                "ChangeConfiguration", "HeartbeatInterval=300", nil,
                ["key": "HeartbeatInterval", "value": "300"]
            ),
            (
                "ChangeConfiguration", ["key": "HeartbeatInterval", "value": "301"], nil,
                ["key": "HeartbeatInterval", "value": "301"]
            ),
            (
                "ChangeConfiguration", #"{"key":"HeartbeatInterval","value":"302"}"#, nil,
                ["key": "HeartbeatInterval", "value": "302"]
            ),
            (
                "GetConfiguration", "HeartbeatInterval, NumberOfConnectors", nil,
                [
                    "key": ["HeartbeatInterval", "NumberOfConnectors"]
                ]
            ),
            ("GetConfiguration", "", nil, [:]),
            ("ChangeAvailability", "Operative", 0, ["connectorId": 0, "type": "Operative"]),
            ("TriggerMessage", "Heartbeat", nil, ["requestedMessage": "Heartbeat"]),
            ("TriggerMessage", "MeterValues", 1, ["requestedMessage": "MeterValues", "connectorId": 1]),
            ("UnlockConnector", .null, 1, ["connectorId": 1]),
            ("ClearCache", .null, nil, [:]), ("GetLocalListVersion", .null, nil, [:]),
            ("GetCompositeSchedule", 600, 1, ["connectorId": 1, "duration": 600]),
            (
                "GetCompositeSchedule", ["duration": 3_600, "chargingRateUnit": "A"], 1,
                ["connectorId": 1, "duration": 3_600, "chargingRateUnit": "A"]
            ),
            ("GetDiagnostics", "ftp://logs.example/", nil, ["location": "ftp://logs.example/"]),
            (
                "DataTransfer", ["vendorId": "Maker", "data": "x"], nil, ["vendorId": "Maker", "data": "x"]
            ),
        ]

        for (feature, payload, connector, sent) in cases {
            let answer = try await cast.send(feature, payload, connector: connector, as: cast.admin)
            #expect(answer.status == 200, "\(feature): \(answer)")
            #expect(cast.heard(feature).contains(sent), "\(feature)")
        }
        let firmware = try await cast.send("UpdateFirmware", "https://files.example/1.bin", as: cast.admin)
        #expect(firmware.status == 200)
        let asked = try #require(cast.heard("UpdateFirmware").last)
        #expect(asked["location"] == "https://files.example/1.bin")
        #expect(asked["retrieveDate"]?.text?.hasSuffix("Z") == true)
        let value = try await cast.send("GetConfiguration", "HeartbeatInterval", as: cast.admin)
        #expect(value["data"]?["configurationKey"]?.elements.first?["value"] == "302")
    }

    @Test func `that cannot be understood reaches nobody`() async throws {
        let cast = try await Cast()
        let url = "/api/v1/csc"

        let nameless = try await cast.up.post(url, ["charge_point_id": "CP77"], as: cast.admin.token)
        #expect(nameless.status == 400)
        #expect(nameless["status_message"] == "Failed to decode: FeatureName required")
        for (feature, payload) in [
            ("MakeCoffee", ""), ("Reset", "Sideways"), ("Reset", #"{"type":"Sideways"}"#), ("Reset", "{"),
            ("ChangeConfiguration", "nonsense"), ("RemoteStopTransaction", "one"),
            ("ChangeAvailability", "Maybe"), ("GetCompositeSchedule", "soon"), ("ReserveNow", "1"),
            ("SetChargingProfile", ""), ("SendLocalList", "all"), ("TriggerMessage", "Coffee"),
        ] as [(String, JSONValue)] {
            let answer = try await cast.send(feature, payload, as: cast.admin)
            #expect(answer.status == 400 && answer.code == 2001, "\(feature) \(payload): \(answer)")
            #expect(answer["status_message"]?.text?.hasPrefix("Failed to decode: ") == true, "\(answer)")
            // Our own follow-up of a boot changes the configuration, too.
            #expect(feature == "ChangeConfiguration" || cast.heard(feature) == [], "\(feature)")
        }
        let nowhere = try await cast.send("Reset", "Soft", as: cast.admin, point: "NONE")
        #expect(nowhere.status == 404)
    }

    @Test(.fact(48, 50)) func `is for those whose it is`() async throws {
        let cast = try await Cast()
        let table: [(String, JSONValue, [AccountsRows.Person])] = [
            ("Reset", #"{"type":"None"}"#, [cast.admin, cast.worker, cast.host]),
            ("UnlockConnector", #"{"connectorId":9}"#, [cast.admin, cast.worker, cast.host]),
            ("ChangeAvailability", "Operative", [cast.admin, cast.worker, cast.host]),
            ("GetConfiguration", "", [cast.admin, cast.worker, cast.host]),
            ("ChangeConfiguration", "ConnectionTimeOut=60", [cast.admin, cast.host]),
            ("TriggerMessage", "Heartbeat", [cast.admin, cast.worker, cast.host]),
            ("SendLocalList", "", [cast.admin, cast.worker, cast.host]),
            ("ClearCache", "", [cast.admin, cast.worker, cast.host]),
            ("GetLocalListVersion", "", [cast.admin, cast.worker, cast.host]),
            ("GetCompositeSchedule", "60", [cast.admin, cast.worker, cast.host]),
            ("SetChargingProfile", "{}", [cast.admin]), ("ClearChargingProfile", "{}", [cast.admin]),
            ("GetDiagnostics", "ftp://x/", [cast.admin]), ("UpdateFirmware", "ftp://x/", [cast.admin]),
            ("ReserveNow", "{}", [cast.admin]), ("CancelReservation", "{}", [cast.admin]),
            ("DataTransfer", "{}", [cast.admin]), ("GetLog", "{}", [cast.admin]),
            ("ExtendedTriggerMessage", "{}", [cast.admin]), ("InstallCertificate", "{}", [cast.admin]),
            ("DeleteCertificate", "{}", [cast.admin]),
            ("GetInstalledCertificateIds", "{}", [cast.admin]), ("CertificateSigned", "{}", [cast.admin]),
            ("SignedUpdateFirmware", "{}", [cast.admin]),
        ]

        for (feature, payload, senders) in table {
            for person in [cast.admin, cast.worker, cast.host, cast.driver] {
                let isSender = senders.contains { $0.id == person.id }
                let answer = try await cast.send(feature, payload, as: person)
                #expect((answer.status == 403) == !isSender, "\(feature) by \(person.username): \(answer)")
                if !isSender {
                    #expect(answer["status_message"] == "Failed to send command: access denied")
                }
            }
        }
        let status = try await cast.up.post(
            "/api/v1/csc", ["feature_name": "GetServerStatus"], as: cast.worker.token)
        #expect(status["data"] == ["connected_clients": "CP77", "total_clients": 1])
        #expect(
            try await cast.up.post("/api/v1/csc", ["feature_name": "GetServerStatus"], as: cast.driver.token)
                .status == 403)
        try await cast.network.registry.owner.run("UPDATE accounts.charge_point SET access_level = 10")
        #expect(try await cast.send("GetConfiguration", "", as: cast.driver).status == 404)
    }

    @Test(.fact(48)) func `to a charger that is away is answered, not refused`() async throws {
        let cast = try await Cast()
        try await cast.network.point("AWAY")

        let answer = try await cast.send("Reset", "Soft", as: cast.admin, point: "AWAY")

        #expect(answer.status == 200)
        #expect(answer["status"] == "error" && answer["code"] == 2020)
        #expect(answer["info"] == "charge point is offline" && answer["data"] == nil)
        let start = try await cast.send("RemoteStartTransaction", "ANY", as: cast.admin, point: "AWAY")
        #expect(start.status == 200 && start["code"] == 2020)
        // What a check of a driver's start finds is a failure of the request.
        try await cast.up.rows.tag("OWN", of: cast.driver.id)
        let checked = try await cast.send("RemoteStartTransaction", "OWN", as: cast.driver, point: "AWAY")
        #expect(checked.status == 409 && checked.code == 2020)
    }

    @Test func `that a charger does not know comes back as its error`() async throws {
        let cast = try await Cast()

        let answer = try await cast.send("ClearChargingProfile", [:], as: cast.admin)

        #expect(answer.status == 200)
        #expect(answer["status"] == "error" && answer["code"] == 2021)
        #expect(answer["info"]?.text?.contains("NotSupported") == true)
    }

    @Test(.networkUp(["COMMAND_TIMEOUT_SECONDS": "1"]))
    func `that is not answered says so in time`() async throws {
        let cast = try await Cast { $0.manners = .bad(.neverAnswers) }

        let answer = try await cast.send("ClearCache", as: cast.admin)

        #expect(answer.status == 200 && answer["status"] == "error" && answer["code"] == 2022)
    }

    @Test func `that the charger answers Rejected to has been answered`() async throws {
        let cast = try await Cast { $0.obeys = false }
        try await cast.up.rows.tag("OWN", of: cast.driver.id)

        for (feature, payload, person) in [
            ("Reset", "Soft", cast.host), ("RemoteStartTransaction", "OWN", cast.driver),
        ] as [(String, JSONValue, AccountsRows.Person)] {
            let answer = try await cast.send(feature, payload, connector: 1, as: person)
            #expect(answer.status == 200 && answer["status"] == "success", "\(answer)")
            #expect(answer["data"] == ["status": "Rejected"])
        }
    }

    @Test(.fact(48)) func `starts and ends a session of one's own, and nobody else's`() async throws {
        let cast = try await Cast()
        try await cast.up.rows.tag("OWN", of: cast.driver.id)
        try await cast.up.rows.tag("OTHERS", of: cast.host.id)
        let thief = try await cast.up.rows.person("thief")

        for tag in ["OTHERS", "UNKNOWN"] {
            let answer = try await cast.send("RemoteStartTransaction", .string(tag), as: cast.driver)
            #expect(answer.status == 403, "\(tag)")
        }
        let started = try await cast.send(
            "RemoteStartTransaction", #"{"idTag":"own"}"#, connector: 1, as: cast.driver)
        #expect(started["data"] == ["status": "Accepted"], "\(started)")
        let database = cast.network.registry.owner
        try await Wait.until {
            let open: Int64 = try await database.run(
                "SELECT count(*) FROM gateway.session WHERE status IN ('charging', 'active')")
            return open == 1
        }
        let session: Int64 = try await database.run("SELECT session_id FROM gateway.session")
        let second = try await cast.send("RemoteStartTransaction", "OWN", connector: 1, as: cast.driver)
        #expect(second.status == 409 && second.code == 2023)

        #expect(try await cast.send("RemoteStopTransaction", .integer(session), as: thief).status == 403)
        #expect(try await cast.send("RemoteStopTransaction", 999_999, as: cast.driver).status == 403)
        let stopped = try await cast.send("RemoteStopTransaction", .integer(session), as: cast.driver)
        #expect(stopped["data"] == ["status": "Accepted"])
        try await Wait.until {
            let open: Int64 = try await database.run(
                "SELECT count(*) FROM gateway.session WHERE NOT is_finished")
            return open == 0
        }
        let late = try await cast.send("RemoteStopTransaction", .integer(session), as: cast.driver)
        #expect(late.status == 409 && late.code == 2024)
    }

    @Test(.networkUp(["RATE_LIMIT_COMMANDS": "2", "RATE_LIMIT_COMMANDS_POWER": "3"]))
    func `may be sent so often a minute`() async throws {
        let cast = try await Cast()
        for (person, most) in [(cast.host, 2), (cast.worker, 3)] {
            for _ in 1...most {
                #expect(try await cast.send("GetLocalListVersion", as: person).status == 200)
            }
            let refused = try await cast.send("GetLocalListVersion", as: person)
            #expect(refused.status == 429 && refused.code == 2017)
        }
    }
}
