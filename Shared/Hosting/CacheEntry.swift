import Settings

/// What may be read a while late, by the names of api.md 5.13.
package enum CacheEntry: String, CaseIterable, Sendable {
    case parkingLots = "parking_lots"
    case parkingSpots = "parking_spots"
    case userProfile = "user_profile"
    case userList = "user_list"
    case dashboardStats = "dashboard_stats"
    case sessionData = "session_data"
    case other

    fileprivate var setting: String {
        "CACHE_EXPIRY_" + (self == .other ? "DEFAULT" : rawValue.uppercased())
    }

    fileprivate var standard: Int {
        switch self {
        case .parkingLots: 600
        case .parkingSpots: 60
        case .userProfile: 1_800
        case .userList: 900
        case .dashboardStats: 300
        case .sessionData: 3_600
        case .other: 300
        }
    }
}

/// How long each entry may be kept; zero: not at all.
package struct CacheLifetimes: Sendable {
    private var lifetimes: [CacheEntry: Duration] = [:]

    /// None is longer than a day: a generation is kept for two.
    static var longest: Int { 86_400 }

    init(_ read: inout SettingsReader) {
        for entry in CacheEntry.allCases {
            lifetimes[entry] = read.duration(
                entry.setting, .seconds, in: 0...Self.longest, otherwise: entry.standard,
                "how long the cache keeps \(entry.rawValue), 0 = not at all")
        }
    }

    /// All alike, for a test.
    package init(all lifetime: Duration) {
        for entry in CacheEntry.allCases { lifetimes[entry] = lifetime }
    }

    package subscript(entry: CacheEntry) -> Duration { lifetimes[entry, default: .zero] }
}
