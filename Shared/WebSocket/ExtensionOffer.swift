/// One entry of `Sec-WebSocket-Extensions`. RFC 6455 §9.1.
package struct ExtensionOffer: Equatable, Sendable {
    package struct Parameter: Equatable, Sendable {
        package var name: String
        package var value: String?

        package init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    package var name: String
    package var parameters: [Parameter]

    package init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// Reads all lines of the header; nil when one does not follow the grammar.
    package static func parse(_ lines: [String]) -> [ExtensionOffer]? {
        var offers: [ExtensionOffer] = []
        for line in lines {
            var reader = Reader(line)
            repeat {
                // Empty elements of a list are to be passed over.
                if reader.isAtElementEnd { continue }
                guard let offer = reader.offer() else { return nil }
                offers.append(offer)
            } while reader.skip(UInt8(ascii: ","))
            guard reader.isAtEnd else { return nil }
        }
        return offers
    }

    /// As the header writes it.
    package var headerValue: String {
        parameters.reduce(name) { text, parameter in
            text + "; " + parameter.name + (parameter.value.map { "=" + $0 } ?? "")
        }
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var at = 0

        init(_ line: String) {
            bytes = Array(line.utf8)
        }

        var isAtEnd: Bool { at == bytes.count }

        var isAtElementEnd: Bool {
            mutating get {
                skipBlanks()
                return isAtEnd || bytes[at] == UInt8(ascii: ",")
            }
        }

        mutating func skip(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard at < bytes.count, bytes[at] == byte else { return false }
            at += 1
            return true
        }

        mutating func offer() -> ExtensionOffer? {
            guard let name = token() else { return nil }
            var offer = ExtensionOffer(name)
            while skip(UInt8(ascii: ";")) {
                guard let name = token() else { return nil }
                var parameter = Parameter(name)
                if skip(UInt8(ascii: "=")) {
                    guard let value = skip(UInt8(ascii: "\"")) ? quoted() : token() else { return nil }
                    parameter.value = value
                }
                offer.parameters.append(parameter)
            }
            return isAtElementEnd ? offer : nil
        }

        private mutating func skipBlanks() {
            while at < bytes.count, bytes[at] == UInt8(ascii: " ") || bytes[at] == UInt8(ascii: "\t") {
                at += 1
            }
        }

        private mutating func token() -> String? {
            skipBlanks()
            let start = at
            while at < bytes.count, Self.isTokenByte(bytes[at]) { at += 1 }
            return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
        }

        /// Behind the opening quote. Unescaped, the value must be a token too.
        private mutating func quoted() -> String? {
            var value: [UInt8] = []
            while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
                if bytes[at] == UInt8(ascii: "\\") { at += 1 }
                guard at < bytes.count, Self.isTokenByte(bytes[at]) else { return nil }
                value.append(bytes[at])
                at += 1
            }
            guard at < bytes.count, !value.isEmpty else { return nil }
            at += 1
            return String(decoding: value, as: UTF8.self)
        }

        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}
