import Synchronization

/// The figures of a process, for Prometheus. Families are registered once at the start; cells are kept by whoever
/// counts, so that counting is one atomic addition.
///
///     let messages = metrics.counters("voltbus_ocpp_messages_total", "Messages.", labels: ["action", "result"])
///     let boots = messages.with("BootNotification", "accepted")
///     boots.add()
package final class Metrics: Sendable {
    /// Stand in front of the labels of every sample: `service`.
    private let constantLabels: [(name: String, value: String)]
    private let families = Mutex<[String: any MetricFamily]>([:])

    package init(service: String) {
        constantLabels = [("service", service)]
        registerProcessFigures()
    }

    package func counter(_ name: String, _ help: String) -> Counter {
        counters(name, help, labels: []).with()
    }

    package func counters(_ name: String, _ help: String, labels: [String]) -> Family<Counter> {
        family(name, help, kind: .counter, labels: labels) { Counter() }
    }

    package func gauge(_ name: String, _ help: String) -> Gauge {
        gauges(name, help, labels: []).with()
    }

    package func gauges(_ name: String, _ help: String, labels: [String]) -> Family<Gauge> {
        family(name, help, kind: .gauge, labels: labels) { Gauge() }
    }

    /// A gauge that is read only when somebody asks.
    package func gauge(_ name: String, _ help: String, read: @escaping @Sendable () -> Double) {
        register(ReadFamily(head: .init(name: name, help: help, kind: .gauge), read: read))
    }

    /// A counter that somebody else keeps, read only when somebody asks.
    package func counter(_ name: String, _ help: String, read: @escaping @Sendable () -> Double) {
        register(ReadFamily(head: .init(name: name, help: help, kind: .counter), read: read))
    }

    package func histogram(_ name: String, _ help: String, buckets: [Double] = Histogram.seconds) -> Histogram
    {
        histograms(name, help, labels: [], buckets: buckets).with()
    }

    package func histograms(
        _ name: String, _ help: String, labels: [String], buckets: [Double] = Histogram.seconds
    ) -> Family<Histogram> {
        precondition(!labels.contains("le"), "le belongs to the histogram itself")
        return family(name, help, kind: .histogram, labels: labels) { Histogram(buckets: buckets) }
    }

    /// The whole as text, format 0.0.4.
    package func text() -> String {
        let sorted = families.withLock { $0.values.sorted { $0.head.name < $1.head.name } }
        var text = MetricsText(constantLabels: constantLabels)
        for family in sorted { family.write(to: &text) }
        return text.text
    }

    /// Registering the same family again gives the one that is there: two parts may count together.
    private func family<Cell: MetricCell>(
        _ name: String, _ help: String, kind: MetricKind, labels: [String],
        make: @escaping @Sendable () -> Cell
    ) -> Family<Cell> {
        let head = MetricHead(name: name, help: help, kind: kind)
        precondition(labels.allSatisfy(MetricHead.isLabelName), "\(name): a label's name is malformed")
        return families.withLock { families in
            if let there = families[name] {
                guard let same = there as? Family<Cell>, same.labels == labels else {
                    preconditionFailure("\(name) is registered in two shapes")
                }
                return same
            }
            let new = Family(head: head, labels: labels, make: make)
            families[name] = new
            return new
        }
    }

    private func register(_ family: ReadFamily) {
        families.withLock { families in
            precondition(families[family.head.name] == nil, "\(family.head.name) is registered twice")
            families[family.head.name] = family
        }
    }
}
