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

@testable import AccountsService

@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `Reserving a connector` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    private func reserve(
        _ point: String, _ connector: Int = 1, minutes: Double = 30, as token: String,
        _ more: [String: JSONValue] = [:]
    ) async throws -> Answer {
        var body = more
        body["charge_point_id"] = .string(point)
        body["connector_id"] = .integer(Int64(connector))
        body["expires_at"] = .string(Timestamp.text(up.clock.now + minutes * 60))
        return try await up.post("/api/v1/reservations", .object(body), as: token)
    }

    private func status(_ id: Int64, _ status: String, as token: String) async throws {
        try await Wait.until {
            try await up.get("/api/v1/reservations/\(id)", as: token)["status"]?.text == status
        }
    }

    private func connectorSays(_ status: String, at point: String) async throws {
        try await Wait.until {
            let known: String? = try await network.registry.owner.run(
                "SELECT status FROM gateway.connector_status WHERE charge_point_id = \(point) AND connector_id = 1"
            )
            return known == status
        }
    }

    @Test(.covers("TC_046", "TC_051")) func `keeps it until the driver lets go`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        try await up.rows.tag("04A1", of: anna.id)
        let station = try await network.station("CP1")

        let made = try await reserve("CP1", as: anna.token)

        #expect(made.status == 201, "\(made)")
        #expect(
            made["status"] == "active" && made["user_id"] == .integer(anna.id) && made["id_tag"] == "04A1")
        #expect(made["connector_id"] == 1 && made["meeting_id"] == .null && made["detail"] == "")
        let id = try #require(made["id"]?.number)
        let asked = try #require(station.log.asked(V16.ReserveNow.self).first)
        #expect(asked.reservationId == Int(id) && asked.idTag.text == "04A1" && asked.connectorId == 1)
        #expect(asked.expiryDate.text == made["expires_at"]?.text)
        try await connectorSays("Reserved", at: "CP1")

        let second = try await reserve("CP1", as: anna.token)
        #expect(second.status == 409 && second.code == 2031 || second.code == 2023, "\(second)")
        let cancelled = try await up.delete("/api/v1/reservations/\(id)", as: anna.token)
        #expect(cancelled.status == 200 && cancelled["status"] == "cancelled", "\(cancelled)")
        #expect(station.log.asked(V16.CancelReservation.self).map(\.reservationId) == [Int(id)])
        let again = try await up.delete("/api/v1/reservations/\(id)", as: anna.token)
        #expect(again.status == 409 && again.code == 2031)
        try await connectorSays("Available", at: "CP1")
        #expect(try await reserve("CP1", as: anna.token).status == 201)
    }

    @Test(
        .covers("TC_047", "TC_048_1", "TC_048_2", "TC_048_3", "TC_048_4"),
        arguments: [
            ("Occupied", 2023), ("Faulted", 2023), ("Unavailable", 2023), ("Rejected", 2021),
        ]) func `fails where the charger says no`(word: String, code: Int64) async throws
    {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        await station.answer(.reserveNow, with: #"{"status":"\#(word)"}"#)

        let answer = try await reserve("CP1", as: anna.token)

        #expect(answer.status == 409 && answer.code == code, "\(answer)")
        let list = try await up.get("/api/v1/reservations", as: anna.token)
        #expect(list["items"]?.elements.map { $0["status"] } == ["failed"])
        #expect(list["items"]?.elements.first?["detail"]?.text?.contains(word) == true)
        // A failed one keeps nobody from another.
        await station.answer(.reserveNow, with: #"{"status":"Accepted"}"#)
        #expect(try await reserve("CP1", as: anna.token).status == 201)
    }

    @Test func `checks what it is asked for`() async throws {
        try await network.point("CP1")
        try await network.point("AWAY")
        try await network.point("HIDDEN", level: 8)
        let (anna, worker) = (
            try await up.rows.person("anna"), try await up.rows.person("worker", role: "operator")
        )
        _ = try await network.station("CP1")

        #expect(try await reserve("NONE", as: anna.token).status == 404)
        #expect(try await reserve("HIDDEN", as: anna.token).status == 404)
        let away = try await reserve("AWAY", as: anna.token)
        #expect(away.status == 409 && away.code == 2020)
        let none = try await reserve("CP1", 7, as: anna.token)
        #expect(none.status == 409 && none.code == 2023)
        #expect(try await reserve("CP1", 0, as: anna.token)["errors"]?.names == ["connector_id"])
        for minutes in [-1.0, 61] {
            let answer = try await reserve("CP1", minutes: minutes, as: anna.token)
            #expect(answer.status == 400 && answer["errors"]?.names == ["expires_at"])
        }
        let tag = try await reserve("CP1", as: anna.token, ["id_tag": "NOT-MINE"])
        #expect(tag.status == 400 && tag["errors"]?.names == ["id_tag"])
        #expect(try await reserve("CP1", minutes: 600, as: worker.token).status == 201)
        let busy = try await reserve("CP1", as: anna.token)
        #expect(busy.status == 409 && busy.code == 2023, "\(busy)")
    }

    @Test func `lets its driver begin, and nobody else`() async throws {
        let port = try await network.point("CP1")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await up.rows.tag("04A1", of: anna.id)
        try await up.rows.tag("BOB1", of: bob.id)
        let station = try await network.station("CP1")
        let id = try #require(try await reserve("CP1", as: anna.token)["id"]?.number)
        try await connectorSays("Reserved", at: "CP1")

        let refused = try await up.post("/api/v1/chargings", ["port_id": .integer(port)], as: bob.token)
        #expect(refused.status == 409 && refused.code == 2023, "\(refused)")
        // Whatever the station thinks of it: a card of another is told no.
        let start = try await station.call(
            V16.StartTransaction.self,
            .init(
                connectorId: 1, idTag: .init(cutting: "BOB1"), meterStart: 1_000,
                timestamp: Timestamp(up.clock.now)))
        #expect(start.idTagInfo.status == .blocked)
        _ = try await station.call(
            V16.StopTransaction.self,
            .init(
                meterStop: 1_000, timestamp: Timestamp(up.clock.now), transactionId: start.transactionId))

        let begun = try await up.post("/api/v1/chargings", ["port_id": .integer(port)], as: anna.token)
        #expect(begun.status == 202 && begun["reservation_id"] == .integer(id), "\(begun)")
        #expect(begun["id_tag"] == "04A1")
        try await status(id, "used", as: anna.token)
        let over = try await up.delete("/api/v1/reservations/\(id)", as: anna.token)
        #expect(over.status == 409 && over.code == 2031)
    }

    @Test func `is used by the card at the charger`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        try await up.rows.tag("04A1", of: anna.id)
        let station = try await network.station("CP1")
        let id = try #require(try await reserve("CP1", as: anna.token)["id"]?.number)

        await station.plugIn()
        #expect(await station.present("04A1") == .accepted)

        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })
        try await status(id, "used", as: anna.token)
        let list = try await up.get("/api/v1/chargings", as: anna.token)
        #expect(list["items"]?.elements.map { $0["reservation_id"] } == [.integer(id)])
    }

    @Test func `ends by itself`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        _ = try await network.station("CP1")
        let id = try #require(try await reserve("CP1", minutes: 20, as: anna.token)["id"]?.number)

        up.clock.advance(by: .seconds(1_199))
        _ = try await TendReservations(accounts: up.accounts).run()
        #expect(try await up.get("/api/v1/reservations/\(id)", as: anna.token)["status"] == "active")
        up.clock.advance(by: .seconds(1))
        _ = try await TendReservations(accounts: up.accounts).run()

        #expect(try await up.get("/api/v1/reservations/\(id)", as: anna.token)["status"] == "expired")
    }

    @Test func `is told a charger that was away`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let id = try #require(try await reserve("CP1", as: anna.token)["id"]?.number)
        await station.goOffline()
        try await Wait.until {
            try await up.accounts.presence.lookUp(try #require(ChargePointID("CP1"))) == nil
        }

        let cancelled = try await up.delete("/api/v1/reservations/\(id)", as: anna.token)
        #expect(cancelled.status == 200 && cancelled["status"] == "cancelled")
        #expect(station.log.asked(V16.CancelReservation.self).isEmpty)
        try await station.connect()
        try await station.boot()
        // The service's own job may be the one that tells it.
        _ = try await TendReservations(accounts: up.accounts).run()
        try await Wait.until { !station.log.asked(V16.CancelReservation.self).isEmpty }

        // It has heard.
        for _ in 1...3 { _ = try await TendReservations(accounts: up.accounts).run() }
        #expect(station.log.asked(V16.CancelReservation.self).map(\.reservationId) == [Int(id)])
    }

    @Test func `is seen by its driver, the point's host and staff`() async throws {
        let host = try await up.rows.person("host")
        try await network.point("HOME", owner: host.id)
        let (anna, other, worker) = (
            try await up.rows.person("anna"), try await up.rows.person("other"),
            try await up.rows.person("worker", role: "operator")
        )
        _ = try await network.station("HOME")
        let id = try #require(try await reserve("HOME", as: anna.token)["id"]?.number)

        for (person, showsTag) in [(anna, true), (host, false), (worker, true)] {
            let shown = try await up.get("/api/v1/reservations/\(id)", as: person.token)
            #expect(shown.status == 200 && (shown["id_tag"] != "") == showsTag, "\(person.username)")
        }
        #expect(try await up.get("/api/v1/reservations/\(id)", as: other.token).status == 404)
        #expect(try await up.delete("/api/v1/reservations/\(id)", as: other.token).status == 404)
        for (query, person, count) in [
            ("", anna, 1), ("", host, 0), ("?as_owner=true", host, 1), ("", worker, 1), ("", other, 0),
            ("?status=active", anna, 1), ("?status=used", anna, 0), ("?charge_point_id=HOME", worker, 1),
            ("?charge_point_id=X", worker, 0),
        ] {
            let list = try await up.get("/api/v1/reservations\(query)", as: person.token)
            #expect(
                list["pagination"]?["total_items"] == .integer(Int64(count)), "\(query) \(person.username)")
        }
        let hidden = try await up.delete("/api/v1/charge-points/HOME", as: worker.token)
        #expect(hidden.status == 409 && hidden.code == 2031)
        #expect(try await up.delete("/api/v1/reservations/\(id)", as: host.token).status == 200)
    }
}

/// What is planned for a booking waits for its time.
@Suite(.networkUp, .serialized, .timeLimit(.minutes(10))) struct `A booking's reservation` {
    private let up = AccountsUp.current
    private let network = NetworkUp.current

    private func plan(_ meeting: Int64, of driver: Int64, connector: Int? = 1, in minutes: Double = 10)
        async throws
        -> Int64
    {
        let now = up.clock.now
        return try await up.accounts.host.database.transaction { transaction in
            try await PlannedReservations(at: now).plan(
                for: ID(meeting), of: ID(driver), at: "CP1", connector: connector, from: now + minutes * 60,
                until: now + minutes * 60 + 3_600, in: transaction)
        }.number
    }

    private func tend() async throws { _ = try await TendReservations(accounts: up.accounts).run() }

    private func row(_ id: Int64) async throws -> ReservationRow {
        try #require(try await up.accounts.host.database.run(.reservation(ID(id))))
    }

    @Test(.fact(84)) func `is put to the charger when its time comes, with the driver's tag, and taken back`()
        async throws
    {
        let port = try await network.point("CP1")
        let (anna, bob) = (try await up.rows.person("anna"), try await up.rows.person("bob"))
        try await up.rows.tag("04A1", of: anna.id)
        let station = try await network.station("CP1")
        let id = try await plan(7, of: anna.id)

        try await tend()
        #expect(station.log.asked(V16.ReserveNow.self).isEmpty)
        up.clock.advance(by: .seconds(600))
        try await tend()

        // The service's own job may be the one that asks.
        try await Wait.until { try await row(id).status == "active" }
        #expect(station.log.asked(V16.ReserveNow.self).map(\.idTag.text) == ["04A1"])
        let refused = try await up.post("/api/v1/chargings", ["port_id": .integer(port)], as: bob.token)
        #expect(refused.status == 409 && refused.code == 2023, "\(refused)")

        let now = up.clock.now
        let cancelled = try await up.accounts.host.database.transaction { transaction in
            try await PlannedReservations(at: now).cancel(of: ID(7), in: transaction)
        }
        await up.accounts.release(try #require(cancelled))
        try await Wait.until { !station.log.asked(V16.CancelReservation.self).isEmpty }
        for _ in 1...3 { try await tend() }
        #expect(station.log.asked(V16.CancelReservation.self).map(\.reservationId) == [Int(id)])
        #expect(try await row(id).status == "cancelled")
    }

    @Test func `that is cancelled before its time never reaches the charger`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let id = try await plan(7, of: anna.id)
        #expect(try await plan(7, of: anna.id) == id)

        let now = up.clock.now
        let cancelled = try await up.accounts.host.database.transaction { transaction in
            try await PlannedReservations(at: now).cancel(of: ID(7), in: transaction)
        }
        #expect(cancelled?.number == id)
        up.clock.advance(by: .seconds(700))
        try await tend()

        #expect(station.log.asked(V16.ReserveNow.self).isEmpty)
        #expect(station.log.asked(V16.CancelReservation.self).isEmpty)
        #expect(try await row(id).status == "cancelled")
    }

    @Test func `of a charger that is away is tried for ten minutes`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let (late, lost) = (try await plan(7, of: anna.id), try await plan(8, of: anna.id, in: 30))
        up.clock.advance(by: .seconds(600))

        try await tend()
        try await Wait.until { try await row(late).detail == "charge point is offline" }
        #expect(try await row(late).status == "planned")
        let station = try await network.station("CP1")
        up.clock.advance(by: .seconds(60))
        try await Wait.until {
            try await tend()
            return try await row(late).status == "active"
        }
        await station.goOffline()
        try await Wait.until {
            try await up.accounts.presence.lookUp(try #require(ChargePointID("CP1"))) == nil
        }
        up.clock.advance(by: .seconds(1_140))
        try await tend()
        #expect(try await row(lost).status == "planned")
        up.clock.advance(by: .seconds(601))
        try await Wait.until {
            try await tend()
            return try await row(lost).status == "failed"
        }
    }

    @Test func `that fails is told to both sides`() async throws {
        try await network.point("CP1")
        let (anna, tutor) = (try await up.rows.person("anna"), try await up.rows.person("tutor"))
        let station = try await network.station("CP1")
        await station.answer(.reserveNow, with: #"{"status":"Faulted"}"#)
        let slot: Int64 = try await network.registry.owner.run(
            """
            INSERT INTO accounts.time_slot (tutor_id, start_time, end_time, is_available, charge_point_id, connector_id,
                created_at)
            VALUES (\(tutor.id), \(up.clock.now + 600), \(up.clock.now + 4_200), false, 'CP1', 1, \(up.clock.now))
            RETURNING id
            """)
        let meeting: Int64 = try await network.registry.owner.run(
            """
            INSERT INTO accounts.meeting (slot_id, tutor_id, student_id, subject, status, created_at)
            VALUES (\(slot), \(tutor.id), \(anna.id), 'Charge', 'confirmed', \(up.clock.now))
            RETURNING id
            """)
        let id = try await plan(meeting, of: anna.id)
        up.clock.advance(by: .seconds(600))

        try await tend()
        try await tend()

        // The service's own job may be the one that asks.
        try await Wait.until { try await row(id).status == "failed" }
        #expect(try await row(id).detail == "charge point answered Faulted")
        let registry = network.registry
        try await Wait.until {
            let told: [Int64] = try await registry.owner.run(
                "SELECT user_id FROM accounts.notification WHERE type = 'system' ORDER BY user_id")
            return told == [anna.id, tutor.id].sorted()
        }
    }

    @Test func `without a connector takes one that is free`() async throws {
        try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let id = try await plan(7, of: anna.id, connector: nil)
        up.clock.advance(by: .seconds(600))

        try await tend()

        // The service's own job may be the one that asks.
        try await Wait.until { try await row(id).connector == 1 }
        #expect(station.log.asked(V16.ReserveNow.self).map(\.connectorId) == [1])
    }

    @Test func `of a driver who charges there already is used`() async throws {
        let port = try await network.point("CP1")
        let anna = try await up.rows.person("anna")
        let station = try await network.station("CP1")
        let id = try await plan(7, of: anna.id)
        #expect(
            try await up.post("/api/v1/chargings", ["port_id": .integer(port)], as: anna.token).status == 202)
        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })
        up.clock.advance(by: .seconds(600))

        try await tend()

        try await Wait.until { try await row(id).status == "used" }
    }
}
