package import Core

/// A value of ours that is stored as a simpler one.
package protocol PostgresWrapper: PostgresValue {
    associatedtype Stored: PostgresValue

    var stored: Stored { get }

    /// Fails when the database holds what the type forbids.
    init?(stored: Stored)
}

extension PostgresWrapper {
    package static var postgresType: PostgresType { Stored.postgresType }

    package func encode(into bytes: inout [UInt8]) {
        stored.encode(into: &bytes)
    }

    package init(_ cell: Cell) throws(CellError) {
        guard let value = Self(stored: try Stored(cell)) else {
            throw CellError("it breaks the type's limits")
        }
        self = value
    }
}

extension ID: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: Int64 { number }
    package init?(stored: Int64) { self.init(stored) }
}

extension Energy: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: Int64 { wattHours }
    package init?(stored: Int64) { self.init(wattHours: stored) }
}

/// By its three letters. An amount is two columns: `Money(cells.next(), cells.next())`.
extension Currency: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: String { code }
    package init?(stored: String) { self.init(code: stored) }
}

extension Bounded: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: String { text }
    package init?(stored: String) { self.init(stored) }
}

extension Text: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: String { text }
    package init?(stored: String) { self.init(stored) }
}

extension Whole: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: Int { number }
    package init?(stored: Int) { self.init(stored) }
}

extension Open: QueryResult, RowDecodable, PostgresValue, PostgresWrapper {
    package var stored: String { word }
    package init?(stored: String) { self.init(stored) }
}

extension JSONB {
    package init(encoding value: some Encodable) {
        self.init(JSONWriter.encode(value))
    }

    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONReader.decode(type, from: bytes)
    }
}

extension Cells {
    /// A `jsonb` cell in its own type.
    package mutating func next<Value: Decodable>(json type: Value.Type) throws -> Value {
        try next(JSONB.self).decode(type)
    }
}

extension SQL.StringInterpolation {
    /// A value that is stored as `jsonb`.
    package mutating func appendInterpolation(json value: some Encodable) {
        appendInterpolation(JSONB(encoding: value))
    }
}
