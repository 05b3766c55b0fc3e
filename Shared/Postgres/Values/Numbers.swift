package import FoundationEssentials

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    mutating func store(_ number: Int32, at offset: Int) {
        Swift.withUnsafeBytes(of: number.bigEndian) { source in
            for index in 0..<4 { self[offset + index] = source[index] }
        }
    }
}

/// Whole numbers are read from any of the server's sizes, as long as the value fits.
extension PostgresValue where Self: FixedWidthInteger {
    package func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: self)
    }

    package init(_ cell: Cell) throws(CellError) {
        let wide: Int64
        switch cell.type {
        case .int8, .xid8: wide = try cell.integer()
        case .int4: wide = Int64(try cell.integer(Int32.self))
        case .int2: wide = Int64(try cell.integer(Int16.self))
        case .oid: wide = Int64(try cell.integer(UInt32.self))
        default: throw cell.unexpected
        }
        guard let value = Self(exactly: wide) else { throw CellError("the number does not fit") }
        self = value
    }
}

extension Int: PostgresValue {
    package static var postgresType: PostgresType { .int8 }
}

extension Int64: PostgresValue {
    package static var postgresType: PostgresType { .int8 }
}

extension Int32: PostgresValue {
    package static var postgresType: PostgresType { .int4 }
}

extension Int16: PostgresValue {
    package static var postgresType: PostgresType { .int2 }
}

extension Bool: PostgresValue {
    package static var postgresType: PostgresType { .bool }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(self ? 1 : 0)
    }

    package init(_ cell: Cell) throws(CellError) {
        guard cell.type == .bool else { throw cell.unexpected }
        self = try cell.integer(UInt8.self) != 0
    }
}

extension Double: PostgresValue {
    package static var postgresType: PostgresType { .float8 }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: bitPattern)
    }

    package init(_ cell: Cell) throws(CellError) {
        switch cell.type {
        case .float8: self.init(bitPattern: try cell.integer())
        case .float4: self.init(Float(bitPattern: try cell.integer()))
        default: throw cell.unexpected
        }
    }
}

extension Decimal: PostgresValue {
    package static var postgresType: PostgresType { .numeric }

    package func encode(into bytes: inout [UInt8]) {
        NumericDigits(self).encode(into: &bytes)
    }

    package init(_ cell: Cell) throws(CellError) {
        switch cell.type {
        case .numeric: self = try NumericDigits(cell).decimal()
        case .int8, .int4, .int2: self.init(try Int64(cell))
        default: throw cell.unexpected
        }
    }
}
