/// ISO 3166-1: the two letters that are stored, and the three that locations show.
enum CountryCode {
    /// Empty for no country; the two letters themselves for one that is not in the table.
    static func threeLetters(of two: String) -> String { table[two] ?? two }

    /// Europe whole, and those whose drivers come by car or whose stations have asked for it.
    private static let table: [String: String] = [
        "AD": "AND", "AL": "ALB", "AM": "ARM", "AT": "AUT", "AU": "AUS", "AZ": "AZE", "BA": "BIH",
        "BE": "BEL",
        "BG": "BGR", "BR": "BRA", "BY": "BLR", "CA": "CAN", "CH": "CHE", "CL": "CHL", "CN": "CHN",
        "CY": "CYP",
        "CZ": "CZE", "DE": "DEU", "DK": "DNK", "EE": "EST", "ES": "ESP", "FI": "FIN", "FO": "FRO",
        "FR": "FRA",
        "GB": "GBR", "GE": "GEO", "GI": "GIB", "GR": "GRC", "HR": "HRV", "HU": "HUN", "IE": "IRL",
        "IL": "ISR",
        "IN": "IND", "IS": "ISL", "IT": "ITA", "JP": "JPN", "KR": "KOR", "KZ": "KAZ", "LI": "LIE",
        "LT": "LTU",
        "LU": "LUX", "LV": "LVA", "MA": "MAR", "MC": "MCO", "MD": "MDA", "ME": "MNE", "MK": "MKD",
        "MT": "MLT",
        "MX": "MEX", "NL": "NLD", "NO": "NOR", "NZ": "NZL", "PL": "POL", "PT": "PRT", "RO": "ROU",
        "RS": "SRB",
        "RU": "RUS", "SE": "SWE", "SI": "SVN", "SK": "SVK", "SM": "SMR", "TR": "TUR", "UA": "UKR",
        "US": "USA",
        "VA": "VAT", "XK": "XKX", "ZA": "ZAF",
    ]
}
