import StationSimulator

/// Wrong words on the command line.
struct BadOptions: Error {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

/// What a load run is asked for.
struct LoadOptions {
    static let help = """
        bench: what a gateway of OCPP 1.6 bears

          bench heartbeat|status|meter|mix|idle [options]

          heartbeat   the cheapest message
          status      StatusNotifications, each another status than the one before
          meter       MeterValues of about 900 bytes in running transactions
          mix         out of ten: six meter, three heartbeat, one status
          idle        nothing is said: memory per connection

          --url URL         where the gateway listens (ws://localhost:9001/)
          --stations N      connections (2000)
          --ids PATTERN     identities; %d or %05d is the number, from 1 on (BENCH-%05d)
          --password TEXT   connection password of all of them
          --tag TEXT        tag of the transactions (BENCH)
          --ramp N          stations that come in a second; 0 = as fast as they are let in (0)
          --rate N          messages a second in all, however late answers are; without it each
                            station says the next thing as soon as the last is answered
          --seconds N       how long is measured (10)
          --warmup N        seconds before that (2)
          --watch WHAT      processes by number or name, separated by commas: CPU and memory
          --json            the report as JSON

          bench central PORT   a bare peer: answers every call at once and stores nothing
          bench echo PORT      sends every message back

        Latency counts from when a message was due, so that a stall is not hidden by fewer messages.
        """

    enum Kind: String, CaseIterable {
        case heartbeat, status, meter, mix, idle
    }

    let kind: Kind
    var url = "ws://localhost:9001/"
    var stations = 2_000
    var ids = IdentityPattern.standard
    var password: String?
    var tag = "BENCH"
    var ramp = 0
    var rate: Int?
    var seconds = 10
    var warmup = 2
    var watched: [ProcessFigures] = []
    var isJSON = false

    init(_ kind: Kind, _ arguments: ArraySlice<String>) throws(BadOptions) {
        self.kind = kind
        var rest = arguments
        while let name = rest.popFirst() {
            switch name {
            case "--url": url = try Self.text(name, &rest)
            case "--stations": stations = try Self.number(name, &rest, 1...60_000)
            case "--ids": ids = try IdentityPattern(try Self.text(name, &rest))
            case "--password": password = try Self.text(name, &rest)
            case "--tag": tag = try Self.text(name, &rest)
            case "--ramp": ramp = try Self.number(name, &rest, 0...100_000)
            case "--rate": rate = try Self.number(name, &rest, 1...10_000_000)
            case "--seconds": seconds = try Self.number(name, &rest, 1...86_400)
            case "--warmup": warmup = try Self.number(name, &rest, 0...3_600)
            case "--watch":
                watched += try Self.text(name, &rest).split(separator: ",").map {
                    ProcessFigures(word: String($0))
                }
            case "--json": isJSON = true
            default: throw BadOptions("\(name) is no option")
            }
        }
    }

    private static func text(_ name: String, _ rest: inout ArraySlice<String>) throws(BadOptions) -> String {
        guard let value = rest.popFirst(), !value.isEmpty else { throw BadOptions("\(name) wants a value") }
        return value
    }

    private static func number(
        _ name: String, _ rest: inout ArraySlice<String>, _ range: ClosedRange<Int>
    ) throws(BadOptions) -> Int {
        guard let number = Int(try text(name, &rest)), range.contains(number) else {
            throw BadOptions("\(name) wants a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// `BENCH-%05d`: the names of many stations.
struct IdentityPattern {
    private let head: String
    private let tail: String
    private let digits: Int

    static let standard = IdentityPattern(head: "BENCH-", digits: 5, tail: "")

    private init(head: String, digits: Int, tail: String) {
        self.head = head
        self.digits = digits
        self.tail = tail
    }

    init(_ text: String) throws(BadOptions) {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        guard parts.count == 2, let end = parts[1].firstIndex(of: "d") else {
            throw BadOptions("--ids wants one %d, such as BENCH-%05d")
        }
        let width = parts[1][..<end]
        guard width.isEmpty || (width.hasPrefix("0") && Int(width) != nil) else {
            throw BadOptions("--ids wants %d or %05d, not %\(width)d")
        }
        head = String(parts[0])
        digits = Int(width) ?? 1
        tail = String(parts[1][parts[1].index(after: end)...])
    }

    subscript(_ number: Int) -> String {
        let text = String(number)
        return head + String(repeating: "0", count: max(0, digits - text.count)) + text + tail
    }
}
