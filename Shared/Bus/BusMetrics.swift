import Telemetry

/// What the bus counts.
struct BusMetrics: Sendable {
    let told: Family<Counter>
    let unreadable: Family<Counter>
    let handled: Family<Counter>
    let failed: Family<Counter>
    let parked: Family<Counter>
    let commands: Family<Counter>
    let caughtUp: Family<Gauge>

    init(_ metrics: Metrics) {
        told = metrics.counters("voltbus_events_told_total", "Events told on the bus.", labels: ["kind"])
        unreadable = metrics.counters(
            "voltbus_messages_unreadable_total", "Messages that nobody could read.", labels: ["channel"])
        handled = metrics.counters(
            "voltbus_events_handled_total", "Logged events that a consumer handled.",
            labels: ["consumer", "kind"])
        failed = metrics.counters(
            "voltbus_event_failures_total", "Times that a consumer failed with a logged event.",
            labels: ["consumer", "kind"])
        parked = metrics.counters(
            "voltbus_events_parked_total", "Logged events set aside because they failed too often.",
            labels: ["consumer", "kind"])
        commands = metrics.counters(
            "voltbus_commands_total", "Commands to gateways by how they ended, as the asker saw it.",
            labels: ["kind", "result"])
        caughtUp = metrics.gauges(
            "voltbus_consumer_caught_up_timestamp_seconds",
            "When a consumer last had no logged event left to handle, in Unix time.", labels: ["consumer"])
    }
}
