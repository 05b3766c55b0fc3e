/// Who may import whom: arrows point down only. A module that is not listed here fails the test until somebody
/// has decided where it stands.
enum ImportRule {
    /// What comes with Swift and belongs to no layer.
    static let everywhere: Set<String> = ["Synchronization", "Swift"]

    /// By the folder of the module.
    static let allowed: [String: Set<String>] = [
        "Shared/Core": ["FoundationEssentials", "FoundationInternationalization", "Glibc", "Dispatch"],
        "Shared/Settings": ["FoundationEssentials"],
        "Shared/Telemetry": ["Core", "FoundationEssentials", "Glibc", "Dispatch"],
        "Shared/Lifecycle": ["Core", "Telemetry", "FoundationEssentials", "Glibc", "Dispatch"],
        "Shared/Crypto": ["Core", "COpenSSL", "FoundationEssentials", "Dispatch"],
        "Shared/Compression": ["Core", "CZlib", "FoundationEssentials"],
        "Shared/Contracts": ["Core", "FoundationEssentials"],
        "Shared/Tariff": ["Core", "FoundationEssentials"],
        "Shared/Sites": ["Core", "Postgres", "FoundationEssentials"],
        "Shared/OCPP": ["Core", "FoundationEssentials"],
        "Shared/Sockets": ["Core", "CEpoll", "Glibc", "Dispatch"],
        "Shared/HTTP": [
            "Sockets", "Compression", "Core", "Telemetry", "FoundationEssentials", "Dispatch",
        ],
        "Shared/WebSocket": ["HTTP", "Sockets", "Compression", "Crypto", "Core", "FoundationEssentials"],
        "Shared/Postgres": ["CLibPQ", "Sockets", "Core", "FoundationEssentials", "Dispatch"],
        "Shared/Redis": ["CHiredis", "Sockets", "Core", "FoundationEssentials", "Glibc", "Dispatch"],
        "Shared/Bus": [
            "Contracts", "Postgres", "Redis", "Core", "Telemetry", "Sockets", "FoundationEssentials",
        ],
        "Shared/Identity": ["Contracts", "Crypto", "HTTP", "Postgres", "Core", "FoundationEssentials"],
        "Shared/Jobs": ["Postgres", "Redis", "Core", "Telemetry", "Sockets", "FoundationEssentials"],
        "Shared/Documents": [
            "CPangoCairo", "CPixbuf", "CQREncode", "Compression", "Core", "FoundationEssentials", "Dispatch",
        ],
        "Shared/Backup": [
            "Compression", "Crypto", "Postgres", "Sockets", "Core", "FoundationEssentials", "Glibc",
            "Dispatch",
        ],
        "Shared/Outbound": ["CCurl", "Core", "FoundationEssentials", "Dispatch"],
        "Shared/Hosting": [
            "Bus", "Contracts", "HTTP", "Identity", "Jobs", "Lifecycle", "Postgres", "Redis", "Settings",
            "Sockets", "Telemetry", "Core", "FoundationEssentials",
        ],
        "Shared/Mail": [
            "Outbound", "Postgres", "Settings", "Sockets", "Telemetry", "Core", "FoundationEssentials",
            "Glibc",
        ],
    ]

    /// The module that a source line imports; nil for every other line.
    static func imported(by line: String) -> String? {
        var words = line.split(separator: " ")[...]
        while let first = words.first,
            first.hasPrefix("@") || ["package", "internal", "private", "public"].contains(first)
        {
            words = words.dropFirst()
        }
        guard words.first == "import", let name = words.dropFirst().last else { return nil }
        return name.split(separator: ".").first.map(String.init)
    }
}
