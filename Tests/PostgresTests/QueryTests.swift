import Postgres
import TestSupport
import Testing

@Suite struct `The text of a query` {
    @Test func `holds no value`() {
        let query: Query<[Int64]> = "SELECT id FROM t WHERE name = \("'; DROP TABLE t; --") AND age > \(3)"
        #expect(query.sql.shape.text == "SELECT id FROM t WHERE name = $1 AND age > $2")
    }

    @Test func `names the columns of its row`() {
        let query: Query<[Person]> = "SELECT \(columns: Person.self) FROM \(raw: "person") LIMIT \(5)"
        #expect(query.sql.shape.text == "SELECT id, name FROM person LIMIT $1")
    }

    @Test func `is put together from conditions`() {
        let conditions: [SQL] = ["age > \(18)", "name = \("Anna")"]
        let query = Query<[Person]>(
            "SELECT id, name FROM person WHERE \(conditions.joined(by: " AND ", otherwise: "true"))")
        #expect(query.sql.shape.text == "SELECT id, name FROM person WHERE age > $1 AND name = $2")
        #expect([SQL]().joined(by: " AND ", otherwise: "true").shape.text == "true")
    }

    @Test func `is the same statement from one place, whatever the values`() {
        #expect(Self.byAge(1).sql.shape == Self.byAge(2).sql.shape)
        #expect(Self.byAge(1).sql.shape.hashValue == Self.byAge(2).sql.shape.hashValue)
    }

    private static func byAge(_ age: Int) -> Query<[Person]> {
        "SELECT \(columns: Person.self) FROM person WHERE age = \(age)"
    }
}

struct Person: Row, Equatable {
    static let columns = "id, name"

    let id: Int64
    let name: String

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        name = try cells.next()
    }

    init(id: Int64, name: String) {
        self.id = id
        self.name = name
    }
}

@Suite(.freshDatabase) struct `An answer` {
    @Test func `is read as rows, one row, perhaps a row, or a count`() async throws {
        let database = try FreshDatabase.current.database
        try await database.run("CREATE TABLE public.person (id bigint PRIMARY KEY, name text)")
        let inserted: RowCount = try await database.run(
            "INSERT INTO public.person VALUES (1, \("Anna")), (2, \("Béla"))")
        #expect(inserted.count == 2)

        let all: [Person] = try await database.run(
            "SELECT \(columns: Person.self) FROM public.person ORDER BY id")
        #expect(all == [Person(id: 1, name: "Anna"), Person(id: 2, name: "Béla")])
        let one: Person = try await database.run(
            "SELECT \(columns: Person.self) FROM public.person WHERE id = \(2)")
        #expect(one.name == "Béla")
        let none: Person? = try await database.run(
            "SELECT \(columns: Person.self) FROM public.person WHERE id = \(3)")
        #expect(none == nil)
        let nothing: String? = try await database.run("SELECT NULL::text")
        #expect(nothing == nil)
        let nullable: [String?] = try await database.run(
            "SELECT t.a FROM unnest(\(["x", nil] as [String?])) AS t (a)")
        #expect(nullable == ["x", nil])
    }

    @Test func `that has too many rows is an error`() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            let _: Int32 = try await FreshDatabase.current.database.run("SELECT generate_series(1, 3)")
        }
        #expect(error?.kind == .unexpectedRowCount(3))
    }

    @Test func `that does not fit its row says which column, and no content`() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            let _: [Person] = try await FreshDatabase.current.database.run(
                "SELECT 1::int8 AS id, 271828 AS name")
        }
        #expect(error?.kind == .unreadable(column: "name"))
        #expect(error?.description.contains("271828 AS") == true, "the statement is there")
        #expect(error?.message.contains("271828") == false)
    }

    @Test func `with columns that nobody reads is an error`() async throws {
        await #expect(throws: DatabaseError.self) {
            let _: [Person] = try await FreshDatabase.current.database.run("SELECT 1::int8, 'a', 3")
        }
    }

    @Test func `may be large`() async throws {
        let big: [String] = try await FreshDatabase.current.database.run(
            "SELECT repeat('x', 1000) || n FROM generate_series(1, 50000) AS n ORDER BY n",
            within: .seconds(30))
        #expect(big.count == 50_000)
        #expect(big.last?.hasSuffix("x50000") == true)
    }

    @Test func `may belong to a large question`() async throws {
        let text = String(repeating: "ž", count: 4_000_000)
        let length: Int32 = try await FreshDatabase.current.database.run(
            "SELECT length(\(text))", within: .seconds(30))
        #expect(length == 4_000_000)
    }

    @Test func `refused by a constraint names it, and no data`() async throws {
        let database = try FreshDatabase.current.database
        try await database.run("CREATE TABLE public.tag (code text CONSTRAINT tag_code_once UNIQUE)")
        try await database.run("INSERT INTO public.tag VALUES (\("secret-4711"))")
        let error = await #expect(throws: DatabaseError.self) {
            try await database.run("INSERT INTO public.tag VALUES (\("secret-4711"))")
        }
        #expect(error?.violatesUnique("tag_code_once") == true)
        #expect(error?.description.contains("4711") == false)

        let cast = await #expect(throws: DatabaseError.self) {
            let _: Int32 = try await database.run("SELECT \("secret-4711")::int4")
        }
        #expect(cast?.state?.family == "22")
        #expect(cast?.description.contains("4711") == false)
    }
}
