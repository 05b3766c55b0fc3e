import FoundationEssentials
import Glibc

extension Metrics {
    /// The figures that Prometheus' dashboards expect of every process, under the names they expect.
    func registerProcessFigures() {
        counter("process_cpu_seconds_total", "User and system time spent.") { ProcessFigures.cpuSeconds }
        gauge("process_resident_memory_bytes", "Memory in RAM.") { ProcessFigures.residentBytes }
        gauge("process_open_fds", "Open file descriptors.") { ProcessFigures.openDescriptors }
        gauge("process_max_fds", "Most file descriptors that may be open.") { ProcessFigures.mostDescriptors }
        let start = ProcessFigures.startSeconds
        gauge("process_start_time_seconds", "Start of the process, Unix time.") { start }
    }
}

/// What the kernel knows of this process; a figure that cannot be read is not-a-number and never a wrong number.
enum ProcessFigures {
    static var cpuSeconds: Double {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return .nan }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    static var residentBytes: Double {
        let pages = contents("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap {
            Double($0)
        }
        return (pages ?? .nan) * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    static var openDescriptors: Double {
        guard let folder = opendir("/proc/self/fd") else { return .nan }
        defer { closedir(folder) }
        var count = 0.0
        while readdir(folder) != nil { count += 1 }
        // Not counted: the entries . and .., and the descriptor that reads the folder.
        return count - 3
    }

    static var mostDescriptors: Double {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .nan }
        return Double(limit.rlim_cur)
    }

    static var startSeconds: Double {
        // The name of the program stands in brackets and may hold blanks; field 22 counts from behind it.
        let fields = contents("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
        let boot = contents("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 19, let ticks = Double(fields[19]), let boot,
            let seconds = Double(boot.dropFirst(6))
        else { return .nan }
        return seconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func contents(_ path: String) -> String {
        // Without /proc the figures are not-a-number, which is the truth.
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
