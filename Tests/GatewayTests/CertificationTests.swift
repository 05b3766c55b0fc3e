import Bus
import Contracts
import Core
import Foundation
import Hosting
import OCPP
import Postgres
import Settings
import StationSimulator
import TestSupport
import Testing

@testable import GatewayService

/// Cases of the Open Charge Alliance's list for central systems of 1.6 in which an operator asks and the station answers.
@Suite(.gatewayUp) struct `A call of an operator` {
    private let up = GatewayUp.current

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var action: V16.Action
        var call: String
        var answer: String
        var testDescription: String { name }

        init(_ name: String, _ action: V16.Action, _ call: String, _ answer: String) {
            (self.name, self.action, self.call, self.answer) = (name, action, call, answer)
        }
    }

    private static let profile = """
        {"chargingProfileId":7,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute",\
        "chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":6.5}]}}
        """
    private static let hash = """
        {"hashAlgorithm":"SHA256","issuerNameHash":"ab","issuerKeyHash":"cd","serialNumber":"01"}
        """

    static let cases = [
        Case(
            "TC_017_2 unlock without session", .unlockConnector, #"{"connectorId":1}"#,
            #"{"status":"Unlocked"}"#),
        Case(
            "TC_083 a higher security profile", .changeConfiguration,
            #"{"key":"SecurityProfile","value":"2"}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_018_1 unlock with session", .unlockConnector, #"{"connectorId":1}"#, #"{"status":"Unlocked"}"#
        ),
        Case("TC_030 unlock failure", .unlockConnector, #"{"connectorId":1}"#, #"{"status":"UnlockFailed"}"#),
        Case(
            "TC_031 unknown connector", .unlockConnector, #"{"connectorId":9}"#, #"{"status":"NotSupported"}"#
        ),
        Case(
            "TC_040_1 configuration not supported", .changeConfiguration, #"{"key":"No","value":"1"}"#,
            #"{"status":"NotSupported"}"#),
        Case(
            "TC_040_2 configuration invalid", .changeConfiguration,
            #"{"key":"HeartbeatInterval","value":"-1"}"#, #"{"status":"Rejected"}"#),
        Case("TC_042_1 local list not supported", .getLocalListVersion, "{}", #"{"listVersion":-1}"#),
        Case("TC_042_2 local list empty", .getLocalListVersion, "{}", #"{"listVersion":0}"#),
        Case(
            "TC_043_1 list not supported", .sendLocalList, #"{"listVersion":1,"updateType":"Full"}"#,
            #"{"status":"NotSupported"}"#),
        Case(
            "TC_043_3 list failed", .sendLocalList,
            #"{"listVersion":1,"updateType":"Full","localAuthorizationList":[{"idTag":"A1","idTagInfo":{"status":"Accepted"}}]}"#,
            #"{"status":"Failed"}"#),
        Case(
            "TC_043_4 full list", .sendLocalList,
            #"{"listVersion":2,"updateType":"Full","localAuthorizationList":[]}"#, #"{"status":"Accepted"}"#),
        Case(
            "TC_043_5 differential list", .sendLocalList,
            #"{"listVersion":3,"updateType":"Differential","localAuthorizationList":[{"idTag":"A1"}]}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_046 reserve a connector", .reserveNow,
            #"{"connectorId":1,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","reservationId":7}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_048_1 reserve faulted", .reserveNow,
            #"{"connectorId":1,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","reservationId":7}"#,
            #"{"status":"Faulted"}"#),
        Case(
            "TC_048_2 reserve occupied", .reserveNow,
            #"{"connectorId":1,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","reservationId":7}"#,
            #"{"status":"Occupied"}"#),
        Case(
            "TC_048_3 reserve unavailable", .reserveNow,
            #"{"connectorId":1,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","reservationId":7}"#,
            #"{"status":"Unavailable"}"#),
        Case(
            "TC_048_4 reserve rejected", .reserveNow,
            #"{"connectorId":1,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","reservationId":7}"#,
            #"{"status":"Rejected"}"#),
        Case(
            "TC_049 reserve the whole point", .reserveNow,
            #"{"connectorId":0,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","reservationId":7}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_053 reserve with a parent tag", .reserveNow,
            #"{"connectorId":1,"expiryDate":"2026-11-20T12:00:00Z","idTag":"A1","parentIdTag":"FLEET","reservationId":7}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_051 cancel a reservation", .cancelReservation, #"{"reservationId":7}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_052 cancel an unknown one", .cancelReservation, #"{"reservationId":8}"#,
            #"{"status":"Rejected"}"#),
        Case(
            "TC_054 trigger", .triggerMessage, #"{"requestedMessage":"Heartbeat"}"#, #"{"status":"Accepted"}"#
        ),
        Case(
            "TC_055 trigger rejected", .triggerMessage,
            #"{"requestedMessage":"MeterValues","connectorId":9}"#, #"{"status":"Rejected"}"#),
        Case(
            "TC_056 default profile", .setChargingProfile,
            #"{"connectorId":1,"csChargingProfiles":\#(profile)}"#, #"{"status":"Accepted"}"#),
        Case(
            "TC_057 profile of a transaction", .setChargingProfile,
            #"{"connectorId":1,"csChargingProfiles":\#(profile.replacing("TxDefaultProfile", with: "TxProfile"))}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_059 remote start with a profile", .remoteStartTransaction,
            #"{"connectorId":1,"idTag":"A1","chargingProfile":\#(profile.replacing("TxDefaultProfile", with: "TxProfile"))}"#,
            #"{"status":"Accepted"}"#),
        Case("TC_061 clear cache", .clearCache, "{}", #"{"status":"Accepted"}"#),
        Case(
            "TC_064 data transfer", .dataTransfer,
            #"{"vendorId":"com.example","messageId":"Ping","data":"x"}"#, #"{"status":"Accepted","data":"y"}"#
        ),
        Case(
            "TC_066 composite schedule", .getCompositeSchedule,
            #"{"connectorId":1,"duration":300,"chargingRateUnit":"A"}"#,
            #"{"status":"Accepted","connectorId":1,"scheduleStart":"2026-11-20T12:00:00Z"}"#),
        Case("TC_067 clear profile", .clearChargingProfile, #"{"id":7}"#, #"{"status":"Unknown"}"#),
        Case(
            "TC_075_1 install a certificate", .installCertificate,
            #"{"certificateType":"CentralSystemRootCertificate","certificate":"x"}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "TC_075_2 install fails", .installCertificate,
            #"{"certificateType":"ManufacturerRootCertificate","certificate":"x"}"#, #"{"status":"Failed"}"#),
        Case(
            "TC_076 delete a certificate", .deleteCertificate, #"{"certificateHashData":\#(hash)}"#,
            #"{"status":"Accepted"}"#),
        Case(
            "installed certificates", .getInstalledCertificateIds,
            #"{"certificateType":"CentralSystemRootCertificate"}"#,
            #"{"status":"Accepted","certificateHashData":[\#(hash)]}"#),
        Case(
            "trigger of the security extension", .extendedTriggerMessage,
            #"{"requestedMessage":"SignChargePointCertificate"}"#, #"{"status":"Accepted"}"#),
    ]

    @Test(
        .covers(
            "TC_017_2", "TC_018_1", "TC_083", "TC_030", "TC_031", "TC_040_1", "TC_040_2", "TC_042_1",
            "TC_042_2", "TC_043_1",
            "TC_043_3", "TC_043_4",
            "TC_043_5", "TC_046", "TC_047", "TC_048_1", "TC_048_2", "TC_048_3", "TC_048_4", "TC_049",
            "TC_051", "TC_052",
            "TC_053", "TC_054", "TC_055", "TC_056", "TC_057", "TC_059", "TC_061", "TC_064", "TC_066",
            "TC_067",
            "TC_075_1", "TC_075_2", "TC_076"))
    func `reaches the station letter by letter, and brings its answer back`() async throws {
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let point = try #require(ChargePointID("CP1"))
        let sender = CommandSender(on: up.gateway.host.bus)
        for one in Self.cases {
            await station.answer(one.action, with: one.answer)
            let answer = try await sender.send(
                SendCall(one.action.rawValue, one.call, to: point), by: .system(.accounts)
            ).get()
            #expect(answer.payload == one.answer, "\(one)")
            let frame = #","\#(one.action.rawValue)",\#(one.call)]"#
            #expect(
                station.log.entries.contains { $0.direction == .received && $0.text.hasSuffix(frame) },
                "\(one)")
        }
        await station.shutDown()
    }

    /// Jobs: what the station is asked, what it says of it, and how that ends.
    static let jobs = [
        (
            "firmware", V16.Action.updateFirmware,
            #"{"location":"ftp://joe:secret@files.example/fw.bin","retrieveDate":"2026-11-20T12:00:00Z"}"#,
            "{}",
            "FirmwareStatusNotification", ["Downloading", "Downloaded", "Installing", "Installed"], "TC_044_1"
        ),
        (
            "firmware", .updateFirmware,
            #"{"location":"ftp://files.example/fw.bin","retrieveDate":"2026-11-20T12:00:00Z"}"#, "{}",
            "FirmwareStatusNotification", ["Downloading", "DownloadFailed"], "TC_044_2"
        ),
        (
            "firmware", .updateFirmware,
            #"{"location":"ftp://files.example/fw.bin","retrieveDate":"2026-11-20T12:00:00Z"}"#, "{}",
            "FirmwareStatusNotification", ["Downloading", "Downloaded", "Installing", "InstallationFailed"],
            "TC_044_3"
        ),
        (
            "diagnostics", .getDiagnostics, #"{"location":"ftp://files.example/in"}"#,
            #"{"fileName":"d.zip"}"#,
            "DiagnosticsStatusNotification", ["Uploading", "Uploaded"], "TC_045_1"
        ),
        (
            "diagnostics", .getDiagnostics, #"{"location":"ftp://files.example/in"}"#,
            #"{"fileName":"d.zip"}"#,
            "DiagnosticsStatusNotification", ["Uploading", "UploadFailed"], "TC_045_2"
        ),
        (
            "log", .getLog,
            #"{"log":{"remoteLocation":"ftp://files.example/in"},"logType":"SecurityLog","requestId":5}"#,
            #"{"status":"Accepted","filename":"s.log"}"#, "LogStatusNotification", ["Uploading", "Uploaded"],
            "TC_079"
        ),
        (
            "signed_firmware", .signedUpdateFirmware,
            #"{"requestId":6,"firmware":{"location":"ftp://files.example/fw.bin","retrieveDateTime":"2026-11-20T12:00:00Z","signingCertificate":"x","signature":"y"}}"#,
            #"{"status":"Accepted"}"#, "SignedFirmwareStatusNotification",
            ["Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"], "TC_080"
        ),
        (
            "signed_firmware", .signedUpdateFirmware,
            #"{"requestId":6,"firmware":{"location":"ftp://files.example/fw.bin","retrieveDateTime":"2026-11-20T12:00:00Z","signingCertificate":"x","signature":"y"}}"#,
            #"{"status":"Accepted"}"#, "SignedFirmwareStatusNotification",
            ["Downloading", "Downloaded", "InvalidSignature"], "TC_081"
        ),
    ]

    @Test(
        .covers("TC_044_1", "TC_044_2", "TC_044_3", "TC_045_1", "TC_045_2", "TC_079", "TC_080", "TC_081"),
        arguments: jobs.indices)
    func `for a file is followed to its end`(number: Int) async throws {
        let (kind, action, call, answer, notice, words, name) = Self.jobs[number]
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        let point = try #require(ChargePointID("CP1"))
        await station.answer(action, with: answer)
        _ = try await CommandSender(on: up.gateway.host.bus).send(
            SendCall(action.rawValue, call, to: point), by: .system(.accounts)
        ).get()

        let request = call.firstMatch(of: /"requestId":(\d+)/).map { #","requestId":\#($0.1)"# } ?? ""
        for word in words {
            try await station.call(notice, payload: Array(#"{"status":"\#(word)"\#(request)}"#.utf8))
        }

        let job: JobSeen = try await up.owner.run(
            "SELECT \(columns: JobSeen.self) FROM gateway.station_job")
        #expect(job.kind == kind, "\(name)")
        #expect(job.status == words.last, "\(name)")
        #expect(job.isOver, "\(name)")
        #expect(!job.location.contains("secret"))
        #expect(job.location.contains("files.example"))
        #expect(job.file == (answer.contains("d.zip") ? "d.zip" : answer.contains("s.log") ? "s.log" : ""))
        // Nothing of what it says later belongs to it.
        try await station.call(notice, payload: Array(#"{"status":"Idle"\#(request)}"#.utf8))
        let unchanged: JobSeen = try await up.owner.run(
            "SELECT \(columns: JobSeen.self) FROM gateway.station_job")
        #expect(unchanged == job)
        await station.shutDown()
    }

    @Test(.covers("TC_028")) func `to stop a session may be refused, and the session goes on`() async throws {
        try await up.people.tag("04A1", of: nil)
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.begin(tag: "04A1")
        let number = try #require(await station.transaction())
        await station.answer(.remoteStopTransaction, with: #"{"status":"Rejected"}"#)
        let point = try #require(ChargePointID("CP1"))

        let refusal = await #expect(throws: CommandRefusal.self) {
            try await CommandSender(on: up.gateway.host.bus).send(
                StopSession(ID(Int64(number)), on: point), by: .system(.accounts)
            ).get()
        }

        #expect(refusal?.known == .rejected)
        #expect(try await up.session(number).status == "charging")
        await station.shutDown()
    }

    @Test func `that is answered against the schema is answered all the same, and kept`() async throws {
        try await up.enter("CP1")
        let station = try await up.boot("CP1")
        await station.answer(.clearCache, with: #"{"status":"Perhaps","more":1}"#)
        let point = try #require(ChargePointID("CP1"))

        let answer = try await CommandSender(on: up.gateway.host.bus).send(
            SendCall("ClearCache", "{}", to: point), by: .system(.accounts)
        ).get()

        #expect(answer.payload == #"{"status":"Perhaps","more":1}"#)
        let up = up
        try await Wait.until { try await up.quarantined.contains { $0.contains("ClearCache") } }
        await station.shutDown()
    }
}

struct JobSeen: Row, Equatable, Sendable {
    var kind: String
    var status: String
    var location: String
    var file: String
    var isOver: Bool

    static let columns = "kind, status, location, file_name, is_over"

    init(_ cells: inout Cells) throws {
        kind = try cells.next()
        status = try cells.next()
        location = try cells.next()
        file = try cells.next()
        isOver = try cells.next()
    }
}

/// Cases in which the driver or the station begins.
@Suite(.gatewayUp) struct `A session by the certification's list` {
    private let up = GatewayUp.current

    private func station(_ change: (inout StationProfile) -> Void = { _ in }) async throws -> Simulator {
        let anna = try await up.people.person("anna")
        try await up.people.tag("04A1", of: anna.id)
        try await up.enter("CP1")
        return try await up.boot("CP1", .good, change)
    }

    private func statuses(_ station: Simulator) -> [String] {
        station.log.sent(V16.StatusNotification.self).filter { $0.connectorId == 1 }.map(\.status.rawValue)
    }

    @Test(.covers("TC_004_1")) func `begins with the card, then the cable`() async throws {
        let station = try await station { $0.hasDriver = false }

        #expect(await station.present("04A1") == .accepted)
        await station.plugIn()
        let number = try #require(await station.transaction())

        #expect(try await up.session(number).status == "charging")
        #expect(statuses(station) == ["Available", "Preparing", "Charging"])
        await station.shutDown()
    }

    @Test(.covers("TC_004_2")) func `does not begin when the cable never comes`() async throws {
        let station = try await station { $0.hasDriver = false }
        #expect(await station.present("04A1") == .accepted)

        await station.giveUp()

        #expect(try await up.sessions.isEmpty)
        #expect(statuses(station) == ["Available", "Preparing", "Available"])
        await station.shutDown()
    }

    @Test(.covers("TC_005_1")) func `ends when the cable is pulled at the car`() async throws {
        let station = try await station()
        await station.plugIn()
        #expect(await station.present("04A1") == .accepted)
        let number = try #require(await station.transaction())

        await station.unplug()

        let session = try await up.session(number)
        #expect(session.reason == "EVDisconnected")
        #expect(session.end == "user_stopped")
        await station.shutDown()
    }

    @Test(.covers("TC_007")) func `begins with a card that the station has in its cache`() async throws {
        let station = try await station()
        await station.plugIn()

        // No Authorize before it.
        await station.begin(tag: "04A1")

        #expect(station.log.sent(V16.Authorize.self).isEmpty)
        #expect(try await up.sessions.first?.user != nil)
        await station.shutDown()
    }

    @Test(.covers("TC_011_1")) func `begins from afar, then the cable`() async throws {
        let station = try await station { $0.hasDriver = false }
        let place = ConnectorPlace(try #require(ChargePointID("CP1")), 1)
        let user: Int64 = try await up.owner.run("SELECT id FROM accounts.account")
        let wish = StartSession(at: place, user: ID(user), tag: "04A1")
        let number = try await CommandSender(on: up.gateway.host.bus).send(wish, by: .system(.accounts)).get()
            .session
        #expect(await station.log.waits { $0.sent(V16.StatusNotification.self).last?.status == .preparing })

        await station.plugIn()

        #expect(await station.log.waits { !$0.answers(to: V16.StartTransaction.self).isEmpty })
        #expect(try await up.session(Int(number.number)).status == "charging")
        await station.shutDown()
    }

    @Test(.covers("TC_024")) func `does not begin at a connector whose lock fails`() async throws {
        let station = try await station()
        await station.fault(1, .connectorLockFailure)

        let status: String = try await up.owner.run(
            "SELECT status FROM gateway.connector_status WHERE charge_point_id = 'CP1' AND connector_id = 1")
        #expect(status == "Faulted")
        #expect(try await up.sessions.isEmpty)
        await station.shutDown()
    }

    @Test(.covers("TC_032_1")) func `ends with the power, and is told after the next boot`() async throws {
        let station = try await station()
        await station.plugIn()
        #expect(await station.present("04A1") == .accepted)
        let number = try #require(await station.transaction())
        await station.advance(by: .seconds(1_800))
        await station.goOffline()
        await station.stop(reason: .powerLoss)

        try await station.connect()
        try await station.boot()

        #expect(await station.log.waits { !$0.answers(to: V16.StopTransaction.self).isEmpty })
        let session = try await up.session(number)
        #expect(session.reason == "PowerLoss")
        #expect(session.energy == 5_000)
        await station.shutDown()
    }

    @Test(.covers("TC_073")) func `is open to the new password once the station has taken it`() async throws {
        try await up.enter("CP1", password: "first-0123456789", profile: 1)
        let station = try await up.boot("CP1", password: "first-0123456789") { $0.reconnects = false }
        let point = try #require(ChargePointID("CP1"))
        await station.answer(.changeConfiguration, with: #"{"status":"Accepted"}"#)
        up.clock.advance(by: .seconds(1))
        _ = try await CommandSender(on: up.gateway.host.bus).send(
            SendCall(
                "ChangeConfiguration", #"{"key":"AuthorizationKey","value":"second-0123456789"}"#, to: point),
            by: .system(.accounts)
        ).get()
        await station.shutDown()

        let again = try await up.boot("CP1", password: "second-0123456789") { $0.reconnects = false }
        #expect(await again.isConnected)
        await again.shutDown()
        // Used once, it is the only one.
        let old = try await up.station("CP1", password: "first-0123456789")
        await #expect(throws: (any Error).self) { try await old.connect() }
        let shown: [String] = try await up.owner.run("SELECT frame FROM gateway.frame_log")
        #expect(!shown.contains { $0.contains("second-0123456789") })
        await old.shutDown()
    }

    @Test(.covers("TC_077", "TC_078")) func `is told of security events`() async throws {
        let station = try await station()
        try await station.call(
            "SecurityEventNotification",
            payload: Array(
                #"{"type":"InvalidChargePointCertificate","timestamp":"2026-11-20T10:00:00Z"}"#.utf8))

        let up = up
        try await Wait.until {
            let lines: [String] = try await up.owner.run(
                "SELECT text FROM gateway.sys_log WHERE feature = 'Security'")
            return lines == ["InvalidChargePointCertificate"]
        }
        await station.shutDown()
    }
}

@Suite(.suite(as: .gateway), .freshRedis) struct `A station's certificate` {
    private func openssl(_ folder: URL, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test(.covers("TC_074")) func `is signed by our authority, and handed over`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "voltbus-ca.\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try openssl(
            folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj",
            "/CN=Stations")
        try openssl(
            folder, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own.csr",
            "-subj",
            "/CN=CP1")
        let request = try String(contentsOf: folder.appending(path: "own.csr"), encoding: .utf8)
        let files = [
            "STATION_CA_CERT_FILE": folder.appending(path: "ca.pem").path(),
            "STATION_CA_KEY_FILE": folder.appending(path: "ca.key").path(),
        ]
        try await GatewayUp.serving(files) { up in
            try await up.enter("CP1")
            try await up.enter("CP2")
            let station = try await up.boot("CP1")
            await station.answer(.certificateSigned, with: #"{"status":"Accepted"}"#)

            let answer = try await station.call(
                V16.SignCertificate.self, .init(csr: try #require(Bounded(request))))

            #expect(answer.status == .accepted)
            #expect(await station.log.waits { !$0.asked(V16.CertificateSigned.self).isEmpty })
            let chain = try #require(station.log.asked(V16.CertificateSigned.self).first).certificateChain
                .text
            try Data(chain.utf8).write(to: folder.appending(path: "chain.pem"))
            try openssl(folder, "verify", "-CAfile", "ca.pem", "chain.pem")
            try await Wait.until {
                let answers: [String] = try await up.owner.run(
                    "SELECT answer FROM gateway.station_certificate WHERE answer IS NOT NULL")
                return answers == ["Accepted"]
            }

            // In another's name it gets none.
            let other = try await up.boot("CP2")
            let refused = try await other.call(
                V16.SignCertificate.self, .init(csr: try #require(Bounded(request))))
            #expect(refused.status == .rejected)
            await station.shutDown()
            await other.shutDown()
        }
    }

    @Test func `is refused where nobody set an authority up`() async throws {
        try await GatewayUp.serving { up in
            try await up.enter("CP1")
            let station = try await up.boot("CP1")
            let answer = try await station.call(V16.SignCertificate.self, .init(csr: Bounded(cutting: "x")))
            #expect(answer.status == .rejected)
            await station.shutDown()
        }
    }

    @Test func `needs both files of the authority`() {
        #expect(throws: (any Error).self) {
            try GatewaySettings(environment: [
                "DATABASE_URL": "postgresql://a@b/c", "REDIS_URL": "redis://a",
                "SECRET_KEY": GatewayUp.secretKey,
                "STATION_CA_KEY_FILE": "/dev/null",
            ])
        }
    }
}
