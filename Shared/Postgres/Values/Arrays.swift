/// The server's binary arrays: one dimension, NULLs allowed.
enum PostgresArray {
    static func encode<Rows: Collection, Value: PostgresValue>(
        _ rows: Rows, of type: PostgresType, into bytes: inout [UInt8], _ value: (Rows.Element) -> Value
    ) {
        bytes.append(bigEndian: Int32(rows.isEmpty ? 0 : 1))
        let nullFlag = bytes.count
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: type.oid)
        guard !rows.isEmpty else { return }
        bytes.append(bigEndian: Int32(rows.count))
        bytes.append(bigEndian: Int32(1))
        // Rows are wide, and a loop over the collection would copy each of them once for each column.
        let isDone: Void? = rows.withContiguousStorageIfAvailable { rows in
            for place in rows.indices { append(value(rows[place]), to: &bytes, nullFlag) }
        }
        if isDone == nil { for row in rows { append(value(row), to: &bytes, nullFlag) } }
    }

    private static func append(_ value: some PostgresValue, to bytes: inout [UInt8], _ nullFlag: Int) {
        guard !value.isNull else {
            bytes.append(bigEndian: Int32(-1))
            return bytes.store(1, at: nullFlag)
        }
        let lengthAt = bytes.count
        bytes.append(bigEndian: Int32(0))
        value.encode(into: &bytes)
        bytes.store(Int32(bytes.count - lengthAt - 4), at: lengthAt)
    }

    static func decode<Element: PostgresValue>(_ cell: Cell, of _: Element.Type) throws(CellError)
        -> [Element]
    {
        let bytes = cell.bytes
        func word(_ offset: Int) throws(CellError) -> Int {
            guard offset + 4 <= bytes.count else { throw CellError("it is cut off") }
            return Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
        }
        let dimensions = try word(0)
        guard dimensions <= 1 else { throw CellError("it has \(dimensions) dimensions") }
        guard dimensions == 1 else { return [] }
        let type = PostgresType(oid: UInt32(truncatingIfNeeded: try word(8)))
        let count = try word(12)
        guard count >= 0, count <= bytes.count / 4 else { throw CellError("it is cut off") }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length = try word(offset)
            offset += 4
            if length < 0 {
                guard let null = Element.null else { throw CellError("an element is NULL") }
                elements.append(null)
            } else {
                guard offset + length <= bytes.count else { throw CellError("it is cut off") }
                let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
                elements.append(try Element(Cell(bytes: slice, type: type)))
                offset += length
            }
        }
        return elements
    }
}

extension Array: RowDecodable where Element: PostgresValue {
    package init(_ cells: inout Cells) throws {
        self = try cells.next()
    }
}

extension Array: PostgresValue where Element: PostgresValue {
    package static var postgresType: PostgresType { Element.postgresType.array }
    package static var isSingleValue: Bool { true }

    package func encode(into bytes: inout [UInt8]) {
        PostgresArray.encode(self, of: Element.postgresType, into: &bytes) { $0 }
    }

    package init(_ cell: Cell) throws(CellError) {
        self = try PostgresArray.decode(cell, of: Element.self)
    }
}
