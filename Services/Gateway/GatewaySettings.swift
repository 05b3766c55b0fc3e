import Contracts
import Core
package import Hosting
package import Settings

/// What the service reads from its environment.
package struct GatewaySettings: ReadableSettings, Sendable {
    package let host: HostSettings
    let secretKey: Secret
    let stationPort: Int
    let unknownPoints: UnknownPoints
    let messageBytes: Int
    let acceptsUnknownTags: Bool
    let allowsConcurrentTags: Bool
    let requiresSubprotocol: Bool
    let heartbeat: Duration
    let meterInterval: Int
    let meterTrigger: Duration
    let certificateHeaders: CertificateHeaders
    let commandTimeout: Duration
    let pendingInterval: Duration
    let ratePerSecond: Int
    let rateBurst: Int
    let startTimeout: Duration
    let sweepEvery: Int
    let sweepSilence: Duration
    /// PEM of the authority that signs stations' certificates, and its key.
    let authority: (certificate: Secret, key: Secret)?
    /// Whether an operator decides about each certificate that a station asks for.
    let approvesCertificates: Bool
    let requiresPaymentMethod: Bool
    let preauthorization: Int64

    /// What becomes of charge points that nobody has entered.
    enum UnknownPoints: String, CaseIterable, Sendable {
        case reject, pending, accept
    }

    /// The fields in which a trusted proxy hands on what it found out about a client certificate.
    struct CertificateHeaders: Sendable {
        let verdict: String
        let subject: String

        init(_ names: [String]) {
            verdict = names.first ?? "X-Client-Verify"
            subject = names.count > 1 ? names[1] : "X-Client-Subject"
        }
    }

    package init(_ read: inout SettingsReader) {
        host = HostSettings(&read, for: .gateway)
        secretKey = read.secret(
            "SECRET_KEY", atLeast: 32, "keys connection passwords; the same in every service")
        stationPort = read.number("OCPP_PORT", in: 0...65_535, otherwise: 9_001, "charge points")
        unknownPoints = read.choice(
            "UNKNOWN_CHARGE_POINTS", otherwise: .reject, "what becomes of charge points that nobody entered")
        messageBytes = read.number(
            "OCPP_MAX_MESSAGE_BYTES", in: 1_024...16_777_216, otherwise: 262_144,
            "largest message of a station")
        acceptsUnknownTags = read.flag(
            "ACCEPT_UNKNOWN_TAGS", otherwise: false, "whether a card that nobody knows may charge")
        allowsConcurrentTags = read.flag(
            "TAG_CONCURRENT", otherwise: true, "whether a card may charge at two places at once")
        requiresSubprotocol = read.flag(
            "OCPP_REQUIRE_SUBPROTOCOL", otherwise: true, "whether a station must name its version of OCPP")
        heartbeat = read.duration(
            "OCPP_HEARTBEAT_SECONDS", .seconds, in: 10...86_400, otherwise: 300,
            "interval in the answer to a boot")
        meterInterval = read.number(
            "METER_INTERVAL_SECONDS", in: 0...86_400, otherwise: 60, "between samples of a meter, 0 = leave")
        meterTrigger = read.duration(
            "METER_TRIGGER_SECONDS", .seconds, in: 5...3_600, otherwise: 20,
            "between readings that a charging point with trigger_message is asked for")
        certificateHeaders = CertificateHeaders(
            read.list(
                "PROXY_CLIENT_CERT_HEADERS",
                otherwise: ["X-Client-Verify", "X-Client-Subject", "X-Client-Fingerprint"],
                "what a trusted proxy says of a client certificate: verdict, subject, fingerprint"))
        commandTimeout = read.duration(
            "COMMAND_TIMEOUT_SECONDS", .seconds, in: 1...300, otherwise: 10,
            "how long a station may take for an answer")
        pendingInterval = read.duration(
            "OCPP_PENDING_SECONDS", .seconds, in: 5...3_600, otherwise: 60, "boot interval while pending")
        ratePerSecond = read.number(
            "OCPP_RATE_PER_SECOND", in: 0...10_000, otherwise: 20,
            "messages per station before reading slows, 0 = off")
        rateBurst = read.number(
            "OCPP_RATE_BURST", in: 1...100_000, otherwise: 200, "messages at once before that")
        startTimeout = read.duration(
            "START_TIMEOUT_SECONDS", .seconds, in: 5...3_600, otherwise: 90,
            "how long a requested start waits for its station")
        sweepEvery = read.number(
            "SWEEP_SECONDS", in: 1...86_400, otherwise: 300, "between looks for silent sessions")
        sweepSilence = read.duration(
            "SWEEP_SILENCE_MINUTES", .minutes, in: 1...10_080, otherwise: 20, "silence that closes a session")
        approvesCertificates = read.flag(
            "STATION_CERTIFICATE_APPROVAL", otherwise: false,
            "whether an operator decides about certificates that stations ask for")
        let authorityCertificate = read.fileContents(
            "STATION_CA_CERT_FILE", "certificate of the authority that signs stations' certificates, PEM")
        let authorityKey = read.fileContents("STATION_CA_KEY_FILE", "its key, PEM without pass phrase")
        switch (authorityCertificate, authorityKey) {
        case (let certificate?, let key?): authority = (certificate, key)
        case (nil, nil): authority = nil
        case (_?, nil):
            authority = nil
            read.complain("STATION_CA_KEY_FILE", "is missing beside STATION_CA_CERT_FILE")
        case (nil, _?):
            authority = nil
            read.complain("STATION_CA_CERT_FILE", "is missing beside STATION_CA_KEY_FILE")
        }
        requiresPaymentMethod = read.flag(
            "REQUIRE_PAYMENT_METHOD", otherwise: false, "whether a start needs a card or a balance")
        preauthorization = read.number(
            "PREAUTH_AMOUNT", in: 0...10_000_000, otherwise: 0,
            "hold on a card without an estimate, minor units, 0 = none")
    }
}
