/// What we are ready to do about packed messages. RFC 7692.
package struct DeflatePolicy: Equatable, Sendable {
    /// Whether our messages may refer back to earlier ones: packs closer and costs up to 256 KiB a connection.
    package var keepsOwnContext: Bool
    /// Whether the peer's may: costs 40 KiB a connection.
    package var keepsPeerContext: Bool
    /// The window of our own messages is 2^`windowBits`: 9 to 15.
    package var windowBits: Int
    /// 1 is the fastest, 9 packs the closest.
    package var level: Int
    /// Messages below this many bytes travel as they are.
    package var threshold: Int

    package init(
        keepsOwnContext: Bool = false, keepsPeerContext: Bool = false, windowBits: Int = 15, level: Int = 3,
        threshold: Int = 256
    ) {
        self.keepsOwnContext = keepsOwnContext
        self.keepsPeerContext = keepsPeerContext
        self.windowBits = windowBits
        self.level = level
        self.threshold = threshold
    }
}

/// The parameters of permessage-deflate that both sides agreed on. RFC 7692 §7.1.
package struct DeflateAgreement: Equatable, Sendable {
    package var serverKeepsContext = true
    package var clientKeepsContext = true
    package var serverWindowBits = 15
    package var clientWindowBits = 15

    package static let extensionName = "permessage-deflate"

    private enum Name {
        static let serverNoContext = "server_no_context_takeover"
        static let clientNoContext = "client_no_context_takeover"
        static let serverWindow = "server_max_window_bits"
        static let clientWindow = "client_max_window_bits"
    }

    // zlib's raw DEFLATE knows no window of 256 bytes, though RFC 7692 does; it reads one as any other.
    private static let smallestOwnWindow = 9

    /// The server's choice: the first offer that it can keep to, with the header's entry that says so.
    package static func choose(
        from offers: [ExtensionOffer], _ policy: DeflatePolicy
    ) -> (agreement: DeflateAgreement, entry: ExtensionOffer)? {
        for offer in offers where offer.name == extensionName {
            guard let wished = Wishes(offer, isOffer: true) else { continue }
            guard (wished.serverWindow ?? 15) >= smallestOwnWindow else { continue }
            var agreement = DeflateAgreement()
            var entry = ExtensionOffer(extensionName)
            agreement.serverKeepsContext = policy.keepsOwnContext && !wished.serverNoContext
            if !agreement.serverKeepsContext { entry.parameters.append(.init(Name.serverNoContext)) }
            agreement.clientKeepsContext = policy.keepsPeerContext && !wished.clientNoContext
            if !agreement.clientKeepsContext { entry.parameters.append(.init(Name.clientNoContext)) }
            agreement.serverWindowBits = min(policy.windowBits, wished.serverWindow ?? 15)
            if wished.serverWindow != nil {
                entry.parameters.append(.init(Name.serverWindow, String(agreement.serverWindowBits)))
            }
            return (agreement, entry)
        }
        return nil
    }

    /// What a client offers.
    package static func offer(_ policy: DeflatePolicy) -> ExtensionOffer {
        var offer = ExtensionOffer(extensionName, [.init(Name.clientWindow)])
        if !policy.keepsOwnContext { offer.parameters.append(.init(Name.clientNoContext)) }
        if !policy.keepsPeerContext { offer.parameters.append(.init(Name.serverNoContext)) }
        return offer
    }

    /// The client's reading of the server's choice; nil when the server chose what was not offered or makes no sense.
    package init?(answer: ExtensionOffer, to policy: DeflatePolicy) {
        guard answer.name == Self.extensionName, let wished = Wishes(answer, isOffer: false),
            (wished.clientWindow ?? 15) >= Self.smallestOwnWindow,
            wished.serverNoContext || policy.keepsPeerContext
        else { return nil }
        serverKeepsContext = !wished.serverNoContext
        clientKeepsContext = policy.keepsOwnContext && !wished.clientNoContext
        serverWindowBits = wished.serverWindow ?? 15
        clientWindowBits = min(policy.windowBits, wished.clientWindow ?? 15)
    }

    package init() {}

    /// The parameters of an offer or an answer; nil when one is unknown, there twice or out of its range.
    private struct Wishes {
        var serverNoContext = false
        var clientNoContext = false
        var serverWindow: Int?
        var clientWindow: Int?

        init?(_ entry: ExtensionOffer, isOffer: Bool) {
            var seen: Set<String> = []
            for parameter in entry.parameters {
                guard seen.insert(parameter.name).inserted else { return nil }
                switch (parameter.name, parameter.value) {
                case (Name.serverNoContext, nil): serverNoContext = true
                case (Name.clientNoContext, nil): clientNoContext = true
                case (Name.serverWindow, let value?):
                    guard let bits = Self.windowBits(value) else { return nil }
                    serverWindow = bits
                case (Name.clientWindow, let value?):
                    guard let bits = Self.windowBits(value) else { return nil }
                    clientWindow = bits
                // Without a value it only says that the server may choose one.
                case (Name.clientWindow, nil) where isOffer: break
                default: return nil
                }
            }
        }

        private static func windowBits(_ value: String) -> Int? {
            guard let bits = Int(value), (8...15).contains(bits), String(bits) == value else { return nil }
            return bits
        }
    }
}
