import Telemetry

/// What billing counts.
struct BillingFigures: Sendable {
    let payments: Family<Counter>

    init(_ metrics: Metrics) {
        payments = metrics.counters(
            "voltbus_payments_total", "Orders at the payment provider by what became of them.",
            labels: ["result"])
    }
}
