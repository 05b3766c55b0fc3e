import Synchronization

enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// What stands above the samples of a family.
struct MetricHead: Sendable {
    let name: String
    let help: String
    let kind: MetricKind

    init(name: String, help: String, kind: MetricKind) {
        precondition(Self.isMetricName(name), "\(name) is no metric's name")
        self.name = name
        self.help = help
        self.kind = kind
    }

    private static func isMetricName(_ name: String) -> Bool {
        isWord(name.utf8.map { $0 == UInt8(ascii: ":") ? UInt8(ascii: "_") : $0 })
    }

    static func isLabelName(_ name: String) -> Bool {
        isWord(Array(name.utf8)) && !name.hasPrefix("__")
    }

    private static func isWord(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, !(0x30...0x39 ~= first) else { return false }
        return bytes.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}

protocol MetricFamily: Sendable {
    var head: MetricHead { get }
    func write(to text: inout MetricsText)
}

/// One counted thing of a family: a `Counter`, a `Gauge` or a `Histogram`.
package protocol MetricCell: Sendable {
    func write(as name: String, labels: [(name: String, value: String)], to text: inout MetricsText)
}

/// Cells told apart by the values of their labels.
package final class Family<Cell: MetricCell>: Sendable {
    let head: MetricHead
    let labels: [String]
    private let make: @Sendable () -> Cell
    private let cells = Mutex<[[String]: Cell]>([:])

    /// A label that takes a new value with every request would eat the memory of us and of Prometheus: what comes
    /// beyond this many is counted under `other`.
    package static var mostCells: Int { 2_000 }

    init(head: MetricHead, labels: [String], make: @escaping @Sendable () -> Cell) {
        self.head = head
        self.labels = labels
        self.make = make
    }

    /// The cell with these label values, in the order of the labels. Keep it where counting is frequent.
    package func with(_ values: String...) -> Cell {
        precondition(values.count == labels.count, "\(head.name) has the labels \(labels)")
        return cells.withLock { cells in
            if let cell = cells[values] { return cell }
            let key = cells.count < Self.mostCells ? values : values.map { _ in "other" }
            if let cell = cells[key] { return cell }
            let cell = make()
            cells[key] = cell
            return cell
        }
    }
}

extension Family: MetricFamily {
    func write(to text: inout MetricsText) {
        let sorted = cells.withLock { $0.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
        text.begin(head)
        for (values, cell) in sorted {
            cell.write(as: head.name, labels: Array(zip(labels, values)).map { ($0, $1) }, to: &text)
        }
    }
}

/// A family of one sample that is read when somebody asks.
struct ReadFamily: MetricFamily {
    let head: MetricHead
    let read: @Sendable () -> Double

    func write(to text: inout MetricsText) {
        text.begin(head)
        text.sample(head.name, [], read())
    }
}
