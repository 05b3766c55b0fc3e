import Core
import FoundationEssentials
import Settings
import Testing

private enum Mode: String, CaseIterable {
    case optional, required
}

private struct Sample: ReadableSettings {
    var database: Secret
    var key: Secret
    var port: Int
    var mode: Mode
    var isStrict: Bool
    var origins: [String]
    var retries: [Int]
    var link: URL
    var drain: Duration
    var zone: TimeZone
    var reminder: TimeOfDay?
    var mail: String?

    init(_ read: inout SettingsReader) {
        database = read.secretURL("DATABASE_URL", schemes: ["postgres", "postgresql"], "PostgreSQL")
        key = read.secret("SECRET_KEY", atLeast: 32, "encrypts what is stored")
        port = read.number("HTTP_PORT", in: 1...65_535, otherwise: 8081, "own port")
        mode = read.choice("REQUEST_TIMESTAMP", otherwise: .optional)
        isStrict = read.flag("OCPP_STRICT", otherwise: true)
        origins = read.list("CORS_ORIGINS", otherwise: ["*"])
        retries = read.numbers("PAYMENT_RETRY_HOURS", in: 1...8760, otherwise: [1, 24])
        link = read.url("BACKEND_URL", otherwise: "http://localhost")
        drain = read.duration("SHUTDOWN_SECONDS", .seconds, in: 0...3600, otherwise: 20)
        zone = read.timeZone("TARIFF_TIMEZONE", otherwise: "UTC")
        reminder = read.value("REMINDER", otherwise: "18:00", expected: "a time of the day") { TimeOfDay($0) }
        mail = read.optionalText("MAIL_HOST")
    }
}

@Suite struct `Settings` {
    private let enough = [
        "DATABASE_URL": "postgres://u:p@db/voltbus", "SECRET_KEY": String(repeating: "k", count: 32),
    ]

    private func mistakes(_ changes: [String: String]) -> [String] {
        do {
            _ = try Sample(environment: enough.merging(changes) { $1 })
            return []
        } catch {
            return error.description.split(separator: "\n").dropFirst().map { String($0.dropFirst(2)) }
        }
    }

    @Test func `have their defaults when nothing else is said`() throws {
        let sample = try Sample(environment: enough)

        #expect(sample.port == 8081)
        #expect(sample.mode == .optional)
        #expect(sample.isStrict)
        #expect(sample.origins == ["*"])
        #expect(sample.retries == [1, 24])
        #expect(sample.drain == .seconds(20))
        #expect(sample.reminder == TimeOfDay(minutes: 18 * 60))
        #expect(sample.mail == nil)
    }

    @Test func `are read as they are given`() throws {
        let given = [
            "HTTP_PORT": " 9000 ", "REQUEST_TIMESTAMP": "Required", "OCPP_STRICT": "no",
            "CORS_ORIGINS": "https://a.example, https://b.example,", "PAYMENT_RETRY_HOURS": "2",
            "BACKEND_URL": "https://volt.example/api", "TARIFF_TIMEZONE": "Europe/Prague", "MAIL_HOST": "mx",
        ]

        let sample = try Sample(environment: enough.merging(given) { $1 })

        #expect(sample.port == 9000)
        #expect(sample.mode == .required)
        #expect(!sample.isStrict)
        #expect(sample.origins == ["https://a.example", "https://b.example"])
        #expect(sample.retries == [2])
        #expect(sample.link.host() == "volt.example")
        #expect(sample.zone.identifier == "Europe/Prague")
        #expect(sample.mail == "mx")
    }

    @Test func `name every mistake at once`() throws {
        let failure = #expect(throws: BadSettings.self) {
            try Sample(environment: [
                "HTTP_PORT": "80a", "BACKEND_URL": "volt.example", "SECRET_KEY": "short",
            ])
        }

        #expect(
            failure?.description == """
                4 settings need attention:
                  DATABASE_URL is missing: expected a URL that begins with postgres:// or postgresql://
                  SECRET_KEY is not usable: expected a secret of at least 32 characters
                  HTTP_PORT is "80a": expected a whole number from 1 to 65535
                  BACKEND_URL is "volt.example": expected a URL that begins with https:// or http://
                """)
    }

    @Test(arguments: [
        ("HTTP_PORT", "0"), ("HTTP_PORT", "65536"), ("HTTP_PORT", "+80"), ("HTTP_PORT", "8 0"),
        ("HTTP_PORT", "99999999999999999999"), ("OCPP_STRICT", "maybe"), ("REQUEST_TIMESTAMP", "never"),
        ("PAYMENT_RETRY_HOURS", "1,x"), ("PAYMENT_RETRY_HOURS", "0"), ("BACKEND_URL", "ftp://x"),
        ("BACKEND_URL", "http://"), ("BACKEND_URL", "http://u:p@x"), ("BACKEND_URL", "http://a b"),
        ("SHUTDOWN_SECONDS", "1.5"), ("TARIFF_TIMEZONE", "Europe/Atlantis"), ("REMINDER", "24:00"),
        ("DATABASE_URL", "mysql://x"),
    ]) func `refuse what does not fit`(name: String, value: String) {
        let mistakes = mistakes([name: value])

        #expect(mistakes.count == 1)
        #expect(mistakes.first?.hasPrefix("\(name) is ") == true)
    }

    @Test func `take an empty value for one that is not set`() throws {
        #expect(
            try Sample(environment: enough.merging(["HTTP_PORT": "", "MAIL_HOST": " "]) { $1 }).port == 8081)
        #expect(mistakes(["SECRET_KEY": ""]).first?.hasPrefix("SECRET_KEY is missing") == true)
    }

    @Test func `hint at a slip of the finger and at nothing else`() throws {
        let slips = [
            "HTP_PORT": "1", "SHUTDOWN_SECNODS": "1", "HOME": "/", "PATH": "/bin", "LOG_FORMAT": "x",
        ]

        let hints = Sample.hints(in: enough.merging(slips) { $1 })

        #expect(
            hints.map(\.description) == [
                "HTP_PORT is not read: did you mean HTTP_PORT?",
                "SHUTDOWN_SECNODS is not read: did you mean SHUTDOWN_SECONDS?",
            ])
    }

    @Test func `list themselves for people`() throws {
        let catalogue = Sample.catalogue

        #expect(catalogue.map(\.name).prefix(3) == ["DATABASE_URL", "SECRET_KEY", "HTTP_PORT"])
        #expect(catalogue[1].isRequired && catalogue[1].isSecret)
        #expect(
            catalogue.markdownTable.split(separator: "\n")[4]
                == "| `HTTP_PORT` | `8081` | a whole number from 1 to 65535 | own port |")
        #expect(
            catalogue.helpText.contains(
                "HTTP_PORT            own port: a whole number from 1 to 65535 [8081]"))
    }
}

@Suite struct `A setting in a file` {
    private let files: [String: [UInt8]] = [
        "/run/secrets/key": Array("  spaces count \n".utf8), "/run/port": Array(" 9000\n".utf8),
        "/run/empty": [],
        "/run/binary": [0xFF, 0xFE], "/run/huge": [UInt8](repeating: 97, count: 70_000),
    ]

    private func reader(_ environment: [String: String]) -> SettingsReader {
        SettingsReader(environment) { files[$0] }
    }

    @Test func `is read without its last line end, and a secret with its spaces`() throws {
        var read = reader(["KEY_FILE": "/run/secrets/key", "PORT_FILE": "/run/port"])

        #expect(read.secret("KEY").reveal { $0 } == "  spaces count ")
        #expect(read.number("PORT", in: 1...65_535) == 9000)
        try read.finish()
    }

    @Test(arguments: ["/run/none", "/run/empty", "/run/binary", "/run/huge"])
    func `that is no good is a mistake`(path: String) {
        var read = reader(["KEY_FILE": path])
        _ = read.secret("KEY")

        let failure = #expect(throws: BadSettings.self) { try read.finish() }

        #expect(failure?.mistakes.map(\.name) == ["KEY"])
        #expect(failure?.description.contains(path) == true)
    }

    @Test func `must not be given in two ways`() {
        var read = reader(["KEY": "one", "KEY_FILE": "/run/secrets/key"])
        _ = read.secret("KEY")

        let failure = #expect(throws: BadSettings.self) { try read.finish() }

        #expect(failure?.description.hasSuffix("KEY is set twice: expected either KEY or KEY_FILE") == true)
    }

    @Test func `may be all that there is`() throws {
        var read = reader(["JWT_PRIVATE_KEY_FILE": "/run/secrets/key"])

        #expect(read.fileContents("JWT_PRIVATE_KEY_FILE")?.reveal { $0 } == "  spaces count ")
        #expect(read.fileContents("STATION_CA_KEY_FILE") == nil)
        try read.finish()
    }
}

@Suite struct `The password of a database` {
    private func read(_ environment: [String: String]) throws -> String? {
        var read = SettingsReader(environment) {
            $0 == "/run/secrets/db" ? Array("p/@:\u{e1} 1\n".utf8) : nil
        }
        let secret = read.optionalDatabaseURL("DATABASE_URL", password: "DATABASE_PASSWORD")
        try read.finish()
        return secret?.reveal { $0 }
    }

    @Test func `may come as a file of its own, whatever is in it`() throws {
        let given = ["DATABASE_URL": "postgresql://gateway@db:5432/voltbus?sslmode=require"]
        let whole = try read(given.merging(["DATABASE_PASSWORD_FILE": "/run/secrets/db"]) { $1 })

        #expect(whole == "postgresql://gateway:p%2F%40%3A%C3%A1%201@db:5432/voltbus?sslmode=require")
        #expect(try read(given) == given["DATABASE_URL"])
    }

    @Test func `stays in an address that has one`() throws {
        let both = ["DATABASE_URL": "postgres://u:own@db/voltbus", "DATABASE_PASSWORD": "other"]
        #expect(try read(both) == "postgres://u:own@db/voltbus")
    }

    @Test func `is somebody's`() {
        let nobody = ["DATABASE_URL": "postgres:///voltbus?host=/run/a@b", "DATABASE_PASSWORD": "hunter2"]
        let failure = #expect(throws: BadSettings.self) { try read(nobody) }
        #expect(failure?.mistakes.map(\.name) == ["DATABASE_PASSWORD"])
        #expect(failure?.description.contains("hunter2") == false)
    }

    @Test func `alone is no database`() throws {
        #expect(try read(["DATABASE_PASSWORD": "p"]) == nil)
    }
}

@Suite struct `A secret` {
    private struct Holder: Codable {
        var key: Secret
    }

    @Test func `shows itself nowhere`() {
        let holder = Holder(key: Secret("hunter2"))
        var dumped = ""
        dump(holder, to: &dumped)

        for text in ["\(holder)", "\(holder.key)", String(reflecting: holder), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(holder.key)" == "‹secret›")
    }

    @Test func `is not written into a document`() {
        #expect(throws: Secret.Refused.self) { try JSONEncoder().encode(Holder(key: Secret("hunter2"))) }
        #expect(throws: Secret.Refused.self) {
            try JSONDecoder().decode(Holder.self, from: Data(#"{"key":"hunter2"}"#.utf8))
        }
    }

    @Test func `is not shown by the complaint about it`() {
        var read = SettingsReader(["DATABASE_URL": "mysql://root:hunter2@x", "KEY": "hunter2"])
        _ = read.secretURL("DATABASE_URL", schemes: ["postgres"])
        _ = read.secret("KEY", atLeast: 32)

        let failure = #expect(throws: BadSettings.self) { try read.finish() }

        #expect(failure?.mistakes.count == 2)
        #expect(failure?.description.contains("hunter2") == false)
    }

    @Test func `leaves nothing of a control character in a complaint`() {
        var read = SettingsReader(["PORT": "1\u{1B}[2J\n2"])
        _ = read.number("PORT", in: 1...9)

        let failure = #expect(throws: BadSettings.self) { try read.finish() }

        #expect(failure?.mistakes.first?.wrong == "is \"1?[2J?2\"")
    }
}
