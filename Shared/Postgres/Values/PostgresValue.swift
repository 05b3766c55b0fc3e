/// A Swift value that travels as a bind and comes back as a cell, both in the server's binary format.
package protocol PostgresValue: RowDecodable {
    /// The type that a bind is declared as; the server converts where assignment allows it.
    static var postgresType: PostgresType { get }

    /// What NULL is read as; `nil` when the type has no room for it.
    static var null: Self? { get }

    var isNull: Bool { get }

    func encode(into bytes: inout [UInt8])

    init(_ cell: Cell) throws(CellError)
}

extension PostgresValue {
    package static var null: Self? { nil }
    package var isNull: Bool { false }
    package static var isSingleValue: Bool { true }

    package init(_ cells: inout Cells) throws {
        self = try cells.next()
    }
}

extension Optional: RowDecodable where Wrapped: PostgresValue {
    package init(_ cells: inout Cells) throws {
        self = try cells.next()
    }
}

extension Optional: PostgresValue where Wrapped: PostgresValue {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package static var null: Self? { .some(.none) }
    package static var isSingleValue: Bool { true }
    package var isNull: Bool { self?.isNull ?? true }

    package func encode(into bytes: inout [UInt8]) {
        self?.encode(into: &bytes)
    }

    package init(_ cell: Cell) throws(CellError) {
        self = try Wrapped(cell)
    }
}

/// An enum or wrapper that is stored as what it wraps.
extension PostgresValue where Self: RawRepresentable, RawValue: PostgresValue {
    package static var postgresType: PostgresType { RawValue.postgresType }

    package func encode(into bytes: inout [UInt8]) {
        rawValue.encode(into: &bytes)
    }

    package init(_ cell: Cell) throws(CellError) {
        guard let value = Self(rawValue: try RawValue(cell)) else { throw CellError("no such case") }
        self = value
    }
}
