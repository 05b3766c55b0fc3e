import Telemetry

/// What the gateway counts.
struct GatewayFigures: Sendable {
    private let messages: Family<Counter>
    /// Their own cell: they are most of all messages.
    let heartbeats: Counter
    let lostEvidence: Counter
    let slowed: Counter
    let refusedHandshakes: Family<Counter>

    init(_ metrics: Metrics) {
        messages = metrics.counters(
            "voltbus_ocpp_messages_total", "OCPP messages by what became of them.",
            labels: ["action", "direction", "result"])
        heartbeats = messages.with("Heartbeat", "in", "answered")
        slowed = metrics.counter(
            "voltbus_ocpp_slowed_total",
            "Times that reading from a station paused, because it sent too much at once.")
        refusedHandshakes = metrics.counters(
            "voltbus_ocpp_refused_handshakes_total", "Connections that were not let in, by why.",
            labels: ["reason"])
        lostEvidence = metrics.counter(
            "voltbus_evidence_lost_total", "Rows of frame log and system log that were given up.")
    }

    func message(_ action: String, isIncoming: Bool, _ result: String) {
        // A station may write anything as an action; the names of labels must stay few.
        let known =
            action.utf8.count <= 40 && action.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
        messages.with(known ? action : "other", isIncoming ? "in" : "out", result).add()
    }
}
