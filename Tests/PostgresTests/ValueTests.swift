import Core
import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.freshDatabase) struct `A value` {
    /// Sends it, lets the server compare it with its own literal, and reads it back.
    private func roundTrip<Value: PostgresValue & Equatable>(_ value: Value, _ literal: SQL) async throws {
        let answer: Comparison<Value> = try await FreshDatabase.current.database.run(
            Query("SELECT \(value), \(value) IS NOT DISTINCT FROM \(literal), \(literal)"))
        #expect(answer.sent == value)
        #expect(answer.isSame, "the server understood another value")
        #expect(answer.literal == value)
    }

    private struct Comparison<Value: PostgresValue>: RowDecodable {
        let sent: Value
        let isSame: Bool
        let literal: Value

        init(_ cells: inout Cells) throws {
            sent = try cells.next()
            isSame = try cells.next()
            literal = try cells.next()
        }
    }

    @Test func `that is a whole number comes back`() async throws {
        try await roundTrip(Int64.min, "(-9223372036854775808)::int8")
        try await roundTrip(Int32.max, "2147483647::int4")
        try await roundTrip(Int16(-7), "(-7)::int2")
        try await roundTrip(42, "42::int4")
    }

    @Test func `that is a fraction comes back`() async throws {
        try await roundTrip(1.5e-300, "'1.5e-300'::float8")
        try await roundTrip(Double.infinity, "'Infinity'::float8")
        for text in [
            "0", "1", "-1", "0.0001", "12345.6789", "-0.00000001", "99999999999999999999.5", "10000",
            "1000000",
        ] {
            let decimal = try #require(Decimal(string: text))
            let answer: Comparison<Decimal> = try await FreshDatabase.current.database.run(
                "SELECT \(decimal), \(decimal) = \(text)::numeric, \(text)::numeric")
            #expect(answer.sent == decimal && answer.isSame && answer.literal == decimal, "\(text)")
        }
    }

    @Test func `that is text comes back`() async throws {
        try await roundTrip(
            "Příliš žluťoučký 🐎 'quoted' \\ $1", "E'Příliš žluťoučký 🐎 ''quoted'' \\\\ $1'::text")
        try await roundTrip("", "''::text")
        try await roundTrip("name", "'name'::varchar(20)")
    }

    @Test func `that is a moment comes back to the microsecond`() async throws {
        try await roundTrip(
            Date(timeIntervalSince1970: 1_763_689_643.123456), "'2025-11-21 01:47:23.123456Z'::timestamptz")
        try await roundTrip(Date(timeIntervalSince1970: -0.5), "'1969-12-31 23:59:59.5Z'::timestamptz")
        try await roundTrip(try #require(CalendarDate(year: 2024, month: 2, day: 29)), "'2024-02-29'::date")
        try await roundTrip(try #require(CalendarDate(year: 1999, month: 12, day: 31)), "'1999-12-31'::date")
        try await roundTrip(Duration.milliseconds(90_061_001), "'90061.001 seconds'::interval")
    }

    @Test func `of any other kind comes back`() async throws {
        try await roundTrip(true, "true")
        try await roundTrip(Octets([0, 255, 1]), "'\\x00ff01'::bytea")
        try await roundTrip(Octets([]), "''::bytea")
        try await roundTrip(
            UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
            "'01020304-0506-0708-090a-0b0c0d0e0f10'::uuid")
        try await roundTrip(JSONB(Array(#"{"a": [1, null]}"#.utf8)), #"'{"a":[1,null]}'::jsonb"#)
        try await roundTrip(Colour.red, "'red'::text")
    }

    private enum Colour: String, PostgresValue {
        case red
        case green
    }

    @Test func `of the suite's own types comes back`() async throws {
        try await roundTrip(ID<Person>(77), "77::int8")
        try await roundTrip(Energy(wattHours: 15_000), "15000::int8")
        try await roundTrip(Currency.eur, "'EUR'::char(3)")
        try await roundTrip(try #require(Bounded<5>("abcde")), "'abcde'::text")
        try await roundTrip(Open<Colour>("violet"), "'violet'::text")
        let total: Total = try await FreshDatabase.current.database.run(
            "SELECT \(1_240), \(Currency.eur), \(json: ["a": 1])")
        #expect(total == Total(money: Money(12_40, .eur), facts: ["a": 1]))
    }

    @Test func `that breaks its type's limits is not read`() async throws {
        await #expect(throws: DatabaseError.self) {
            try await FreshDatabase.current.database.run("SELECT 'abcdef'::text") as Bounded<5>
        }
    }

    private struct Total: RowDecodable, Equatable {
        let money: Money
        let facts: [String: Int]

        init(_ cells: inout Cells) throws {
            money = try Money(cells.next(), cells.next())
            facts = try cells.next(json: [String: Int].self)
        }

        init(money: Money, facts: [String: Int]) {
            self.money = money
            self.facts = facts
        }
    }

    @Test func `that is absent comes back as nil`() async throws {
        try await roundTrip(String?.none, "NULL::text")
        try await roundTrip(Date?.none, "NULL::timestamptz")
        try await roundTrip(Int64?.some(7), "7::int8")
    }

    @Test func `that is an array comes back`() async throws {
        try await roundTrip([Int64](), "'{}'::int8[]")
        try await roundTrip([1, 2, 3] as [Int32], "'{1,2,3}'::int4[]")
        try await roundTrip(["a", nil, ""] as [String?], "ARRAY['a', NULL, '']")
        try await roundTrip([Octets([1]), Octets([])], "ARRAY['\\x01'::bytea, '']")
        try await roundTrip([true, false], "ARRAY[true, false]")
        try await roundTrip([1.5], "ARRAY[1.5::float8]")
        try await roundTrip([Decimal(2)], "ARRAY[2::numeric]")
        try await roundTrip([Date(timeIntervalSince1970: 0)], "ARRAY['1970-01-01Z'::timestamptz]")
    }

    @Test func `of the server's own enum is read as text`() async throws {
        let database = try FreshDatabase.current.database
        try await database.session { session in
            try await session.run("CREATE TYPE public.mood AS ENUM ('calm', 'wild')")
            let mood: String = try await session.run("SELECT \("calm")::public.mood")
            #expect(mood == "calm")
        }
    }
}

@Suite struct `A day of the calendar` {
    @Test func `knows its parts for four centuries`() throws {
        for days in stride(from: Int32(-80_000), through: 80_000, by: 17) {
            let date = CalendarDate(daysSince2000: days)
            #expect(CalendarDate(year: date.parts.year, month: date.parts.month, day: date.parts.day) == date)
        }
        #expect(CalendarDate(year: 2023, month: 2, day: 29) == nil)
        #expect("\(CalendarDate(daysSince2000: 0))" == "2000-01-01")
    }
}
