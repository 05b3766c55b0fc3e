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
    /// By action: what is looked up for every message is made beforehand.
    private let answers: [String: Histogram]

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
        let answers = metrics.histograms(
            "voltbus_ocpp_answer_seconds",
            "How long stations waited for an answer, from when their message was taken up.",
            labels: ["action"])
        self.answers = Dictionary(
            uniqueKeysWithValues: V16.Action.allCases.filter { $0.askers.contains(.station) }.map {
                ($0.rawValue, answers.with($0.rawValue))
            })
        lostEvidence = metrics.counter(
            "voltbus_evidence_lost_total", "Rows of frame log and system log that were given up.")
    }

    func message(_ action: String, isIncoming: Bool, _ result: String) {
        messages.with(Self.label(action), isIncoming ? "in" : "out", result).add()
    }

    func answered(_ action: String, within time: Duration) { answers[action]?.observe(time) }

    /// A station may write anything as an action; the names of labels must stay few.
    private static func label(_ action: String) -> String {
        V16.Action(rawValue: action) == nil ? "other" : action
    }
}
