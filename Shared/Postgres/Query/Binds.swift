/// The values of one statement in the server's binary format, one after the other in one buffer.
package struct Binds: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each value ends and how long it is; a NULL has no length.
    private(set) var spans: [(offset: Int, length: Int32)] = []

    package init() {}

    var count: Int { spans.count }

    mutating func append<Value: PostgresValue>(_ value: Value) {
        let start = bytes.count
        guard !value.isNull else { return spans.append((start, -1)) }
        value.encode(into: &bytes)
        spans.append((start, Int32(bytes.count - start)))
    }

    mutating func append<Rows: Collection, Value: PostgresValue>(
        each rows: Rows, _ column: (Rows.Element) -> Value
    ) {
        let start = bytes.count
        PostgresArray.encode(rows, of: Value.postgresType, into: &bytes, column)
        spans.append((start, Int32(bytes.count - start)))
    }

    mutating func append(_ other: Binds) {
        let base = bytes.count
        bytes.append(contentsOf: other.bytes)
        spans.append(contentsOf: other.spans.map { (base + $0.offset, $0.length) })
    }
}
