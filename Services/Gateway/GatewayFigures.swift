import OCPP
import Telemetry

/// What the gateway counts.
struct GatewayFigures: Sendable {
    private let messages: Family<Counter>
    /// Their own cell: they are most of all messages.
    let heartbeats: Counter
    let lostEvidence: Counter
    let slowed: Counter
    let refusedHandshakes: Family<Counter>
    let activeSessions: Gauge
    let energy: Counter
    /// By action: what every message needs is looked up beforehand.
    private let known: [String: Cells]

    private struct Cells {
        let answered: Counter
        let seconds: Histogram
    }

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
        activeSessions = metrics.gauge(
            "voltbus_sessions_active", "Sessions that go on, at all gateways together.")
        energy = metrics.counter(
            "voltbus_session_energy_wh_total",
            "Energy of the sessions that this gateway saw end, in watt-hours.")
        let seconds = metrics.histograms(
            "voltbus_ocpp_answer_seconds",
            "How long stations waited for an answer, from when their message was taken up.",
            labels: ["action"])
        let counted = messages
        known = Dictionary(
            uniqueKeysWithValues: V16.Action.allCases.filter { $0.askers.contains(.station) }.map { action in
                let name = action.rawValue
                return (
                    name, Cells(answered: counted.with(name, "in", "answered"), seconds: seconds.with(name))
                )
            })
        lostEvidence = metrics.counter(
            "voltbus_evidence_lost_total", "Rows of frame log and system log that were given up.")
    }

    /// A message of a station, what became of it, and how long it took.
    func heard(_ action: String, _ result: String, within time: Duration) {
        guard let cells = known[action] else { return messages.with("other", "in", result).add() }
        cells.seconds.observe(time)
        if result == "answered" { cells.answered.add() } else { messages.with(action, "in", result).add() }
    }

    /// One that could not even be read.
    func heardNonsense() { messages.with("other", "in", "malformed").add() }

    func asked(_ action: V16.Action, _ result: String) { messages.with(action.rawValue, "out", result).add() }
}
