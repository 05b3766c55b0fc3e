/// The statements that one connection has prepared, the least used of which makes room for the next.
struct PreparedStatements {
    /// A statement by the name that the server knows it by.
    struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [StatementShape: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func name(of shape: StatementShape) -> String? {
        uses += 1
        guard let index = entries.index(forKey: shape) else { return nil }
        entries.values[index].lastUse = uses
        return entries.values[index].name
    }

    /// A name that was never used on this connection: a statement that could not be forgotten stays out of the way.
    mutating func add(_ shape: StatementShape) -> (name: String, evicted: String?) {
        var evicted: String?
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            evicted = oldest.value.name
        }
        names += 1
        let name = "s\(names)"
        entries[shape] = Entry(name: name, lastUse: uses)
        return (name, evicted)
    }

    @discardableResult
    mutating func remove(_ shape: StatementShape) -> String? {
        entries.removeValue(forKey: shape)?.name
    }
}
