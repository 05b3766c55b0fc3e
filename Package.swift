// swift-tools-version: 6.2
import PackageDescription

// What every target is built with: honest imports, strict concurrency, and no warning left standing.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "VoltBus",
    products: [
        .executable(name: "gateway", targets: ["gateway"]),
        .executable(name: "accounts", targets: ["accounts"]),
        .executable(name: "billing", targets: ["billing"]),
        .executable(name: "reporting", targets: ["reporting"]),
        .executable(name: "migrate", targets: ["migrate"]),
        .executable(name: "station-sim", targets: ["station-sim"]),
        .executable(name: "bench", targets: ["bench"]),
    ],
    dependencies: [],
    targets: [
        // C libraries: a module map and a shim header each.
        .systemLibrary(name: "CEpoll", path: "Shared/C/CEpoll"),
        .systemLibrary(
            name: "CLibPQ", path: "Shared/C/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // No pkgConfig: hiredis' flags are refused with a warning, and its headers need none.
        .systemLibrary(name: "CHiredis", path: "Shared/C/CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Shared/C/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Shared/C/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Shared/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CPixbuf", path: "Shared/C/CPixbuf", pkgConfig: "gdk-pixbuf-2.0",
            providers: [.apt(["libgdk-pixbuf-2.0-dev"])]),
        .systemLibrary(
            name: "CPangoCairo", path: "Shared/C/CPangoCairo", pkgConfig: "pangocairo",
            providers: [.apt(["libpango1.0-dev", "libcairo2-dev"])]),
        .systemLibrary(
            name: "CQREncode", path: "Shared/C/CQREncode",
            providers: [.apt(["libqrencode-dev"])]),

        // Shared, from the ground up. Who may import whom is checked by ArchitectureTests.
        .target(name: "Core", path: "Shared/Core", swiftSettings: house),
        .target(name: "Settings", path: "Shared/Settings", swiftSettings: house),
        .target(name: "Telemetry", dependencies: ["Core"], path: "Shared/Telemetry", swiftSettings: house),
        .target(
            name: "Lifecycle", dependencies: ["Core", "Telemetry"], path: "Shared/Lifecycle",
            swiftSettings: house),
        .target(
            name: "Crypto", dependencies: ["Core", "COpenSSL"], path: "Shared/Crypto", swiftSettings: house),
        .target(
            name: "Compression", dependencies: ["Core", "CZlib"], path: "Shared/Compression",
            swiftSettings: house),
        .target(
            name: "Contracts", dependencies: ["Core"], path: "Shared/Contracts",
            exclude: ["README.md", "VIEWS.md"],
            swiftSettings: house),
        .target(name: "Tariff", dependencies: ["Core"], path: "Shared/Tariff", swiftSettings: house),
        .target(
            name: "Sites", dependencies: ["Core", "Postgres"], path: "Shared/Sites", swiftSettings: house),
        .target(name: "OCPP", dependencies: ["Core"], path: "Shared/OCPP", swiftSettings: house),
        .target(
            name: "Sockets", dependencies: ["Core", "CEpoll"], path: "Shared/Sockets", swiftSettings: house),
        .target(
            name: "HTTP", dependencies: ["Sockets", "Compression", "Core", "Telemetry"], path: "Shared/HTTP",
            exclude: ["README.md"],
            swiftSettings: house),
        .target(
            name: "WebSocket", dependencies: ["HTTP", "Sockets", "Compression", "Crypto", "Core"],
            path: "Shared/WebSocket", swiftSettings: house),
        .target(
            name: "Postgres", dependencies: ["CLibPQ", "Sockets", "Core"], path: "Shared/Postgres",
            swiftSettings: house),
        .target(
            name: "Redis", dependencies: ["CHiredis", "Sockets", "Core"], path: "Shared/Redis",
            swiftSettings: house),
        .target(
            name: "Bus", dependencies: ["Contracts", "Postgres", "Redis", "Sockets", "Core", "Telemetry"],
            path: "Shared/Bus", exclude: ["README.md"], resources: [.embedInCode("SQL")],
            swiftSettings: house),
        .target(
            name: "Identity", dependencies: ["Contracts", "Crypto", "HTTP", "Postgres", "Core"],
            path: "Shared/Identity", exclude: ["README.md"], swiftSettings: house),
        .target(
            name: "Jobs", dependencies: ["Postgres", "Redis", "Sockets", "Core", "Telemetry"],
            path: "Shared/Jobs", resources: [.embedInCode("SQL")], swiftSettings: house),
        .target(
            name: "Documents",
            dependencies: ["CPangoCairo", "CPixbuf", "CQREncode", "Compression", "Core"],
            path: "Shared/Documents",
            swiftSettings: house),
        .target(
            name: "Outbound", dependencies: ["CCurl", "Core"], path: "Shared/Outbound", swiftSettings: house),
        .target(
            name: "Backup", dependencies: ["Compression", "Crypto", "Postgres", "Sockets", "Core"],
            path: "Shared/Backup", swiftSettings: house),
        .target(
            name: "Mail",
            dependencies: ["Outbound", "Postgres", "Settings", "Sockets", "Telemetry", "Core"],
            path: "Shared/Mail", exclude: ["SQL"], swiftSettings: house),
        .target(
            name: "Hosting",
            dependencies: [
                "Bus", "Contracts", "HTTP", "Identity", "Jobs", "Lifecycle", "Postgres", "Redis", "Settings",
                "Sockets", "Telemetry", "Core",
            ],
            path: "Shared/Hosting", exclude: ["SQL"], swiftSettings: house),

        // The services: a library that holds all of it, and an executable that starts it.
        .target(
            name: "GatewayService",
            dependencies: [
                "Bus", "Contracts", "Core", "Crypto", "HTTP", "Hosting", "Identity", "Jobs", "Lifecycle",
                "OCPP", "Postgres", "Redis", "Settings", "Tariff", "Sockets", "Telemetry", "WebSocket",
            ],
            path: "Services/Gateway", exclude: ["Main", "README.md"], resources: [.embedInCode("Migrations")],
            swiftSettings: house),
        .executableTarget(
            name: "gateway", dependencies: ["GatewayService", "Settings", "Lifecycle"],
            path: "Services/Gateway/Main", swiftSettings: house),
        .target(
            name: "AccountsService",
            dependencies: [
                "Bus", "Compression", "Contracts", "Core", "Crypto", "Documents", "HTTP", "Hosting",
                "Identity", "Jobs", "Lifecycle", "Mail", "Outbound", "Postgres", "Redis", "Settings", "Sites",
                "Sockets", "Tariff", "Telemetry", "WebSocket",
            ],
            path: "Services/Accounts", exclude: ["Main", "README.md"],
            resources: [.embedInCode("Migrations"), .embedInCode("Platform/Page")],
            swiftSettings: house),
        .executableTarget(
            name: "accounts", dependencies: ["AccountsService", "Settings", "Lifecycle"],
            path: "Services/Accounts/Main", swiftSettings: house),
        .target(
            name: "BillingService",
            dependencies: [
                "Bus", "Compression", "Contracts", "Core", "Crypto", "Documents", "HTTP", "Hosting",
                "Identity", "Jobs", "Lifecycle", "Mail", "Outbound", "Postgres", "Redis", "Settings", "Sites",
                "Tariff", "Telemetry",
            ],
            path: "Services/Billing", exclude: ["Main", "README.md"], resources: [.embedInCode("Migrations")],
            swiftSettings: house),
        .executableTarget(
            name: "billing", dependencies: ["BillingService", "Settings", "Lifecycle"],
            path: "Services/Billing/Main", swiftSettings: house),
        .target(
            name: "ReportingService",
            dependencies: [
                "Backup", "Bus", "Compression", "Contracts", "Core", "Crypto", "Documents", "HTTP", "Hosting",
                "Identity", "Jobs", "Lifecycle", "Mail", "Outbound", "Postgres", "Redis", "Settings",
                "Sockets", "Tariff", "Telemetry",
            ],
            path: "Services/Reporting", exclude: ["Main", "README.md"],
            resources: [.embedInCode("Migrations")],
            swiftSettings: house),
        .executableTarget(
            name: "reporting", dependencies: ["ReportingService", "Settings", "Lifecycle"],
            path: "Services/Reporting/Main", swiftSettings: house),
        .executableTarget(
            name: "migrate",
            dependencies: [
                "AccountsService", "Backup", "BillingService", "GatewayService", "ReportingService",
                "Lifecycle",
                "Postgres",
                "Settings", "Sockets",
            ],
            path: "Services/Migrate", swiftSettings: house),

        // Tools that drive the suite from outside, and what tests share.
        .target(
            name: "StationSimulator", dependencies: ["OCPP", "WebSocket", "HTTP", "Sockets", "Core"],
            path: "Tests/StationSimulator", exclude: ["Main"], swiftSettings: house),
        .executableTarget(
            name: "station-sim", dependencies: ["StationSimulator", "OCPP", "Sockets", "Core"],
            path: "Tests/StationSimulator/Main", swiftSettings: house),
        .executableTarget(
            name: "bench",
            dependencies: ["StationSimulator", "WebSocket", "HTTP", "Sockets", "OCPP", "Core"],
            path: "Tests/Bench", exclude: ["stations.sql"], swiftSettings: house),
        .target(
            name: "TestSupport", dependencies: ["Core", "Sockets", "Postgres", "Redis"],
            path: "Tests/TestSupport",
            swiftSettings: house),

        .testTarget(
            name: "CoreTests", dependencies: ["Core", "TestSupport"], path: "Tests/CoreTests",
            swiftSettings: house),
        .testTarget(
            name: "CryptoTests", dependencies: ["Crypto", "Core", "TestSupport"], path: "Tests/CryptoTests",
            swiftSettings: house),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Identity", "Contracts", "Crypto", "HTTP", "Postgres", "Sockets", "Core", "TestSupport",
            ],
            path: "Tests/IdentityTests", swiftSettings: house),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", "Telemetry", "Lifecycle", "Core", "TestSupport"],
            path: "Tests/SettingsTests", swiftSettings: house),
        .testTarget(
            name: "TariffTests", dependencies: ["Tariff", "Core", "TestSupport"], path: "Tests/TariffTests",
            swiftSettings: house),
        .testTarget(
            name: "OCPPTests", dependencies: ["OCPP", "Core", "TestSupport"], path: "Tests/OCPPTests",
            swiftSettings: house),
        .testTarget(
            name: "SocketsTests", dependencies: ["Sockets", "Core", "TestSupport"],
            path: "Tests/SocketsTests", swiftSettings: house),
        .testTarget(
            name: "HTTPTests",
            dependencies: ["HTTP", "Compression", "Sockets", "Telemetry", "Core", "TestSupport"],
            path: "Tests/HTTPTests", swiftSettings: house),
        .testTarget(
            name: "WebSocketTests",
            dependencies: ["WebSocket", "HTTP", "Compression", "Crypto", "Sockets", "Core", "TestSupport"],
            path: "Tests/WebSocketTests", swiftSettings: house),
        .testTarget(
            name: "PostgresTests", dependencies: ["Postgres", "Sockets", "Core", "TestSupport"],
            path: "Tests/PostgresTests", swiftSettings: house),
        .testTarget(
            name: "RedisTests", dependencies: ["Redis", "Sockets", "Core", "TestSupport"],
            path: "Tests/RedisTests",
            swiftSettings: house),
        .testTarget(
            name: "BusTests",
            dependencies: [
                "Bus", "Jobs", "Contracts", "Postgres", "Redis", "Sockets", "Telemetry", "Core",
                "TestSupport",
            ],
            path: "Tests/BusTests", swiftSettings: house),
        .testTarget(
            name: "DocumentsTests", dependencies: ["Documents", "Mail", "Outbound", "Core", "TestSupport"],
            path: "Tests/DocumentsTests", swiftSettings: house),
        .testTarget(
            name: "StationSimulatorTests",
            dependencies: [
                "StationSimulator", "OCPP", "WebSocket", "HTTP", "Sockets", "Core", "TestSupport",
            ],
            path: "Tests/StationSimulatorTests", swiftSettings: house),
        .testTarget(
            name: "HostingTests",
            dependencies: [
                "Hosting", "Contracts", "HTTP", "Lifecycle", "Postgres", "Redis", "Settings", "Sockets",
                "Core",
                "Telemetry", "TestSupport",
            ],
            path: "Tests/HostingTests", swiftSettings: house),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "GatewayService", "Bus", "Contracts", "Core", "Crypto", "HTTP", "Hosting", "Identity", "Jobs",
                "Lifecycle", "OCPP", "Postgres", "Redis", "Settings", "Tariff", "Telemetry", "WebSocket",
                "StationSimulator", "Sockets", "TestSupport",
            ],
            path: "Tests/GatewayTests", swiftSettings: house),
        .testTarget(
            name: "AccountsTests",
            dependencies: [
                "AccountsService", "Bus", "Compression", "Contracts", "Core", "Crypto", "Documents", "HTTP",
                "Hosting", "Identity", "Jobs", "Lifecycle", "Mail", "Outbound", "Postgres", "Redis",
                "Settings", "Tariff", "Telemetry", "WebSocket", "Sockets", "TestSupport",
                // The stations that commands and starts go to are real ones, behind a real gateway.
                "GatewayService", "OCPP", "StationSimulator",
            ],
            path: "Tests/AccountsTests", swiftSettings: house),
        .testTarget(
            name: "BillingTests",
            dependencies: [
                "BillingService", "Bus", "Compression", "Contracts", "Core", "Crypto", "Documents", "HTTP",
                "Hosting", "Identity", "Jobs", "Lifecycle", "Mail", "Outbound", "Postgres", "Redis",
                "Settings", "Tariff", "Telemetry", "Sockets", "TestSupport",
            ],
            path: "Tests/BillingTests", exclude: ["Python"], swiftSettings: house),
        .testTarget(
            name: "ReportingTests",
            dependencies: [
                "ReportingService", "Backup", "Bus", "Compression", "Contracts", "Core", "Crypto",
                "Documents", "HTTP",
                "Hosting", "Identity", "Jobs", "Lifecycle", "Mail", "Outbound", "Postgres", "Redis",
                "Settings", "Tariff", "Telemetry", "Sockets", "TestSupport",
            ],
            path: "Tests/ReportingTests", swiftSettings: house),
        .testTarget(
            name: "StoryTests",
            dependencies: [
                "Core", "OCPP", "Sockets", "StationSimulator", "TestSupport",
            ],
            path: "Tests/StoryTests", exclude: ["Python"], swiftSettings: house),
        .testTarget(
            name: "ArchitectureTests", dependencies: ["TestSupport"], path: "Tests/ArchitectureTests",
            swiftSettings: house),
    ]
)
