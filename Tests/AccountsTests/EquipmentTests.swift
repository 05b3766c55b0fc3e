import Contracts
import Core
import FoundationEssentials
import OCPP
import Postgres
import StationSimulator
import TestSupport
import Testing

/// What operators see of a charge point beside its sessions.
@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `Charging profiles` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    private func profile(_ number: Int, level: Int = 0, purpose: String = "TxDefaultProfile", limit: Int = 16)
        -> JSONValue
    {
        [
            "chargingProfileId": .integer(Int64(number)), "stackLevel": .integer(Int64(level)),
            "chargingProfilePurpose": .string(purpose), "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": .array([["startPeriod": 0, "limit": .integer(Int64(limit))]]),
            ],
        ]
    }

    private func set(_ profile: JSONValue, connector: Int64 = 1, as token: String) async throws -> Answer {
        try await up.post(
            "/api/v1/csc",
            [
                "feature_name": "SetChargingProfile", "charge_point_id": "CP1",
                "payload": ["connectorId": .integer(connector), "csChargingProfiles": profile],
            ], as: token)
    }

    private func kept(_ query: String = "", as token: String) async throws -> [JSONValue] {
        let list = try await up.get("/api/v1/charge-points/CP1/charging-profiles\(query)", as: token)
        return try #require(list["items"], "\(list)").elements
    }

    @Test(.covers("TC_056", "TC_067")) func `are kept with the station's word, until they are cleared`()
        async throws
    {
        try await network.point("CP1")
        let (boss, anna) = (
            try await up.rows.person("boss", role: "admin"), try await up.rows.person("anna")
        )
        let station = try await network.station("CP1")
        await station.answer(
            .setChargingProfile, with: #"{"status":"Accepted"}"#, #"{"status":"Rejected"}"#,
            #"{"status":"Accepted"}"#)
        await station.answer(.clearChargingProfile, with: #"{"status":"Accepted"}"#)

        #expect(try await set(profile(1), as: boss.token)["status"] == "success")
        #expect(try await set(profile(2, level: 1), as: boss.token)["status"] == "success")
        let first = try await kept(as: boss.token)
        #expect(first.map { $0["profile_id"] } == [1])
        #expect(first.first?["status"] == "Accepted" && first.first?["set_by"] == .integer(boss.id))
        #expect(first.first?["profile"] == profile(1) && first.first?["connector_id"] == 1)
        #expect(try await kept("?all=true", as: boss.token).map { $0["status"] } == ["Rejected", "Accepted"])

        // One of the same rank takes its place.
        _ = try await set(profile(3, limit: 8), as: boss.token)
        #expect(try await kept(as: boss.token).map { $0["profile_id"] } == [3])
        _ = try await set(profile(4, level: 2), connector: 0, as: boss.token)
        #expect(try await kept(as: boss.token).map { $0["profile_id"] } == [4, 3])
        #expect(try await kept("?connector_id=0", as: boss.token).map { $0["profile_id"] } == [4])
        _ = try await up.post(
            "/api/v1/csc",
            [
                "feature_name": "ClearChargingProfile", "charge_point_id": "CP1",
                "payload": ["connectorId": 1],
            ], as: boss.token)
        #expect(try await kept(as: boss.token).map { $0["profile_id"] } == [4])
        let cleared = try await kept("?all=true&connector_id=1", as: boss.token)
        #expect(cleared.map { $0["cleared_at"] != .null } == [true, false, true])
        let answer = try await up.get("/api/v1/charge-points/CP1/charging-profiles", as: anna.token)
        #expect(answer.status == 403)
    }

    @Test(.covers("TC_057")) func `of a session end with it`() async throws {
        let port = try await network.point("CP1")
        let (boss, anna) = (
            try await up.rows.person("boss", role: "admin"), try await up.rows.person("anna")
        )
        let station = try await network.station("CP1")
        await station.answer(.setChargingProfile, with: #"{"status":"Accepted"}"#)
        let begun = try await up.post("/api/v1/chargings", ["port_id": .integer(port)], as: anna.token)
        let id = try #require(begun["id"]?.number)
        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })

        _ = try await set(profile(5, purpose: "TxProfile"), as: boss.token)
        #expect(try await kept("?transaction_id=\(id)", as: boss.token).map { $0["profile_id"] } == [5])
        await station.stop()
        try await Wait.until { try await kept(as: boss.token).isEmpty }

        let over = try await kept("?all=true&transaction_id=\(id)", as: boss.token)
        #expect(over.map { $0["cleared_at"] != .null } == [true])
    }
}

/// Certificates that stations ask for, where an operator decides.
@Suite(
    .networkUp(["STATION_CERTIFICATE_APPROVAL": "true"]), .serialized, .timeLimit(.minutes(10)))
struct `A station's request for a certificate` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    private func ask(_ station: Simulator, _ csr: String) async throws -> V16.SignCertificate.Response {
        try await station.call(V16.SignCertificate.self, .init(csr: .init(cutting: csr)))
    }

    private func requests(_ query: String = "", as token: String) async throws -> [JSONValue] {
        let list = try await up.get("/api/v1/charge-points/CP1/certificate-requests\(query)", as: token)
        return try #require(list["items"], "\(list)").elements
    }

    @Test(.covers("TC_074")) func `waits for an operator, who brings the certificate or refuses`()
        async throws
    {
        try await network.point("CP1")
        let (worker, anna) = (
            try await up.rows.person("worker", role: "operator"), try await up.rows.person("anna")
        )
        let station = try await network.station("CP1")
        await station.answer(.certificateSigned, with: #"{"status":"Accepted"}"#)

        #expect(try await ask(station, "first").status == .accepted)
        #expect(try await ask(station, "second").status == .accepted)
        #expect(try await ask(station, "second").status == .accepted)

        let all = try await requests(as: worker.token)
        #expect(all.map { $0["status"] } == ["open", "replaced"])
        #expect(all.first?["csr"] == "second" && all.first?["answer"] == .null)
        let number = try #require(all.first?["id"]?.number)
        let path = "/api/v1/charge-points/CP1/certificate-requests/\(number)"
        #expect(try await up.post("\(path)/approve", [:], as: anna.token).status == 403)
        #expect(
            try await up.get("/api/v1/charge-points/CP1/certificate-requests", as: anna.token).status == 403)
        // Nobody here could sign it.
        #expect(try await up.post("\(path)/approve", [:], as: worker.token).status == 400)
        #expect(station.log.asked(V16.CertificateSigned.self).isEmpty)

        let approved = try await up.post(
            "\(path)/approve", ["certificate_chain": "a chain", "note": "by phone"], as: worker.token)
        #expect(approved.status == 200, "\(approved)")
        #expect(approved["status"] == "approved" && approved["answer"] == "Accepted")
        #expect(approved["decided_by"] == .integer(worker.id) && approved["note"] == "by phone")
        #expect(station.log.asked(V16.CertificateSigned.self).map(\.certificateChain.text) == ["a chain"])
        #expect(try await up.post("\(path)/refuse", [:], as: worker.token).code == 2031)

        _ = try await ask(station, "third")
        let third = try #require(try await requests("?status=open", as: worker.token).first?["id"]?.number)
        let refused = try await up.post(
            "/api/v1/charge-points/CP1/certificate-requests/\(third)/refuse", ["note": "no"], as: worker.token
        )
        #expect(refused.status == 200 && refused["status"] == "refused")
        let missing = try await up.post(
            "/api/v1/charge-points/CP1/certificate-requests/999/refuse", [:], as: worker.token)
        #expect(missing.status == 404)
        #expect(
            try await network.registry.audited(by: worker.id) == [
                "APPROVE_CERTIFICATE", "REFUSE_CERTIFICATE",
            ])
        #expect(station.log.asked(V16.CertificateSigned.self).count == 1)
    }

    @Test func `stays open while the station is away`() async throws {
        try await network.point("CP1")
        let worker = try await up.rows.person("worker", role: "operator")
        let station = try await network.station("CP1")
        _ = try await ask(station, "first")
        let number = try #require(try await requests(as: worker.token).first?["id"]?.number)
        await station.goOffline()
        let path = "/api/v1/charge-points/CP1/certificate-requests/\(number)"

        try await Wait.until {
            try await up.post("\(path)/approve", ["certificate_chain": "x"], as: worker.token).code == 2020
        }

        #expect(try await requests(as: worker.token).map { $0["status"] } == ["open"])
    }
}
