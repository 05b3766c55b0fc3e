/// The channels of the bus: pub/sub of Redis, JSON with a version.
package enum Channel: Hashable, Sendable {
    /// gateway → all: a connector's status changed.
    case connector
    /// gateway → billing, accounts: the readings of one group commit, each with energy and price so far.
    case meter
    /// gateway → all: a session was asked for, started, ended, was amended.
    case session
    /// billing → all: a session was settled or its bill amended, a payment failed or was given up, a balance or points moved.
    case billing
    /// gateway → all: a station came, left, booted, raised a log line, reported what the registry lacks.
    case station
    /// accounts → all: a login session was revoked, a right, a tag, a price or a setting changed, parking ended. any →
    /// accounts: a login is in use.
    case account
    /// any → the gateway of that name.
    case command(to: InstanceName)
    /// any → whichever gateway claims it first: what needs no socket.
    case commandForAny
    /// gateway → whichever billing claims it first.
    case commandForBilling
    /// gateway → the asker of that name: the answer, or why there is none.
    case reply(to: InstanceName)

    package var name: String {
        switch self {
        case .connector: "vb.connector"
        case .meter: "vb.meter"
        case .session: "vb.session"
        case .billing: "vb.billing"
        case .station: "vb.station"
        case .account: "vb.account"
        case .command(let gateway): "vb.command.\(gateway)"
        case .commandForAny: "vb.command.any"
        case .commandForBilling: "vb.command.anybilling"
        case .reply(let asker): "vb.reply.\(asker)"
        }
    }
}

/// One process among those of its service: `gateway.3f9a`, the service and what tells it from its siblings.
package struct InstanceName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Parameter mark: what no other living process of the service has: a random word, a container's name. What could
    ///   not stand in a channel's name is left out.
    package init(_ service: Service, _ mark: String) {
        let allowed = mark.utf8.filter { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        text = "\(service.rawValue).\(String(decoding: allowed.prefix(64), as: UTF8.self))"
    }

    /// A name as it was written down before.
    package init(stored text: String) {
        self.text = text
    }

    /// A name that no other process has.
    package static func random(_ service: Service) -> InstanceName {
        InstanceName(service, String(UInt64.random(in: .min ... .max), radix: 16))
    }

    package var description: String { text }
}

extension InstanceName: Codable {
    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
