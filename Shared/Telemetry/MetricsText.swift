/// Prometheus' text format 0.0.4 in the making.
package struct MetricsText: Sendable {
    private(set) var text = ""
    private let constantLabels: [(name: String, value: String)]

    init(constantLabels: [(name: String, value: String)]) {
        self.constantLabels = constantLabels
    }

    mutating func begin(_ head: MetricHead) {
        text += "# HELP \(head.name) \(Self.escaped(head.help, quotes: false))\n"
        text += "# TYPE \(head.name) \(head.kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        let written = (constantLabels + labels).map {
            "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\""
        }
        text += "\(name){\(written.joined(separator: ","))} \(Self.number(value))\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
