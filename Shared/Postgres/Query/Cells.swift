internal import CLibPQ

/// The cells of one row, read from left to right.
///
/// Cannot be copied: it looks into the server's answer, which lives only while the row is being read.
package struct Cells: ~Copyable {
    private let result: OpaquePointer
    private let row: Int32
    private let count: Int32
    private var column: Int32 = 0

    init(_ result: OpaquePointer, row: Int32) {
        self.result = result
        self.row = row
        count = PQnfields(result)
    }

    package mutating func next<Value: PostgresValue>(_ type: Value.Type = Value.self) throws -> Value {
        guard column < count else { throw failure("The row has only \(count) columns.", at: nil) }
        defer { column += 1 }
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
            guard let null = Value.null else { throw failure("It is NULL.", at: column) }
            return null
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
        do {
            return try Value(Cell(bytes: bytes, type: PostgresType(oid: PQftype(result, column))))
        } catch {
            let found = PostgresType(oid: PQftype(result, column))
            throw failure("A \(found) is not read as \(Value.self): \(error.reason)", at: column)
        }
    }

    /// A part of the row that is a row type itself.
    package mutating func next<Part: Row>(_ type: Part.Type = Part.self) throws -> Part {
        try Part(&self)
    }

    /// Fails when columns are left that nobody read: the columns and the reading have come apart.
    func expectEnd() throws {
        guard column == count else {
            throw failure("The row has \(count) columns, of which \(column) were read.", at: nil)
        }
    }

    private func failure(_ reason: String, at column: Int32?) -> DatabaseError {
        let name = column.flatMap { PQfname(result, $0) }.map { String(cString: $0) }
        return DatabaseError(.unreadable(column: name), reason)
    }
}

/// One cell in the server's binary format; valid only during the call that hands it over.
package struct Cell {
    package let bytes: UnsafeRawBufferPointer
    package let type: PostgresType

    package func integer<Wire: FixedWidthInteger>(_: Wire.Type = Wire.self) throws(CellError) -> Wire {
        guard bytes.count == MemoryLayout<Wire>.size else { throw CellError("it has \(bytes.count) bytes") }
        return Wire(bigEndian: bytes.loadUnaligned(as: Wire.self))
    }

    package var unexpected: CellError { CellError("the types do not fit") }
}

/// Why a cell is not the value that was asked for; never holds the cell's content.
package struct CellError: Error {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}
