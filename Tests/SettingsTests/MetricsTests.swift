import Telemetry
import Testing

@Suite struct `Figures for Prometheus` {
    private let metrics = Metrics(service: "gateway")

    private func lines(of name: String) -> [String] {
        metrics.text().split(separator: "\n").map(String.init).filter {
            $0.hasPrefix(name) || $0.hasPrefix("# HELP \(name)") || $0.hasPrefix("# TYPE \(name)")
        }
    }

    @Test func `write counters as Prometheus reads them`() {
        let messages = metrics.counters(
            "voltbus_ocpp_messages_total", "Messages.", labels: ["action", "result"])
        messages.with("Heartbeat", "ok").add()
        messages.with("Heartbeat", "ok").add(2)
        messages.with("Boot", "failed").add()

        #expect(
            lines(of: "voltbus_ocpp")
                == [
                    "# HELP voltbus_ocpp_messages_total Messages.",
                    "# TYPE voltbus_ocpp_messages_total counter",
                    #"voltbus_ocpp_messages_total{service="gateway",action="Boot",result="failed"} 1"#,
                    #"voltbus_ocpp_messages_total{service="gateway",action="Heartbeat",result="ok"} 3"#,
                ])
    }

    @Test func `write gauges that go up and down`() {
        let connected = metrics.gauge("voltbus_charge_points_connected", "Connected.")
        connected.add(5)
        connected.subtract()
        metrics.gauge("voltbus_half", "Read when asked.") { 0.5 }

        #expect(lines(of: "voltbus_charge").last == #"voltbus_charge_points_connected{service="gateway"} 4"#)
        #expect(lines(of: "voltbus_half").last == #"voltbus_half{service="gateway"} 0.5"#)
    }

    @Test func `write histograms whose buckets add up`() {
        let seconds = metrics.histogram("voltbus_seconds", "Time.", buckets: [0.1, 1])
        seconds.observe(.milliseconds(50))
        seconds.observe(0.1)
        seconds.observe(.milliseconds(500))
        seconds.observe(.seconds(3))
        seconds.observe(.nan)

        let service = #"service="gateway""#
        #expect(
            lines(of: "voltbus_seconds") == [
                "# HELP voltbus_seconds Time.", "# TYPE voltbus_seconds histogram",
                #"voltbus_seconds_bucket{\#(service),le="0.1"} 2"#,
                #"voltbus_seconds_bucket{\#(service),le="1"} 3"#,
                #"voltbus_seconds_bucket{\#(service),le="+Inf"} 4"#,
                "voltbus_seconds_sum{\(service)} 3.65", "voltbus_seconds_count{\(service)} 4",
            ])
    }

    @Test func `escape what would end a value or a line`() {
        metrics.counters("voltbus_odd_total", "One \\ and\ntwo", labels: ["what"]).with("a\"b\\c\nd").add()

        #expect(
            lines(of: "voltbus_odd")
                == [
                    #"# HELP voltbus_odd_total One \\ and\ntwo"#, "# TYPE voltbus_odd_total counter",
                    #"voltbus_odd_total{service="gateway",what="a\"b\\c\nd"} 1"#,
                ])
    }

    @Test func `count together what is registered twice`() {
        metrics.counter("voltbus_jobs_total", "Jobs.").add()
        metrics.counter("voltbus_jobs_total", "Jobs.").add()

        #expect(lines(of: "voltbus_jobs").last == #"voltbus_jobs_total{service="gateway"} 2"#)
    }

    @Test func `do not grow with every value of a label`() {
        let family = metrics.counters("voltbus_wild_total", "Wild.", labels: ["path"])

        for number in 0..<5_000 { family.with("/\(number)").add() }

        #expect(lines(of: "voltbus_wild").count == Family<Counter>.mostCells + 3)
        #expect(
            lines(of: "voltbus_wild").contains(#"voltbus_wild_total{service="gateway",path="other"} 3000"#))
    }

    @Test func `lose no count between threads`() async {
        let counter = metrics.counter("voltbus_busy_total", "Busy.")
        let seconds = metrics.histogram("voltbus_busy_seconds", "Busy.", buckets: [1])

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.add()
                        seconds.observe(0.5)
                    }
                }
            }
        }

        #expect(counter.value == 20_000)
        #expect(
            lines(of: "voltbus_busy_seconds_sum") == [#"voltbus_busy_seconds_sum{service="gateway"} 10000"#])
    }

    @Test(arguments: [
        "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
        "process_start_time_seconds",
    ]) func `know the process`(name: String) throws {
        let sample = try #require(lines(of: name).last?.split(separator: " ").last)

        #expect(try #require(Double(sample)) > 0)
    }
}
