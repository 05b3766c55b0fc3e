/// Puts answers on the wire.
enum ResponseWriter {
    /// How a reader knows where the body ends.
    enum Framing: Equatable {
        case fixed(Int)
        case chunked
        /// With the connection: for HTTP/1.0, which knows no chunks.
        case untilEnd

        init(_ response: Response, isVersion11: Bool) {
            guard let stream = response.stream else {
                self = .fixed(response.body.count)
                return
            }
            self = stream.length.map(Framing.fixed) ?? (isVersion11 ? .chunked : .untilEnd)
        }
    }

    /// Appends the head, and the body unless the request was HEAD, the status has none, or it is still to be made.
    static func append(
        _ response: Response, _ framing: Framing, to output: inout [UInt8], date: String, keepsAlive: Bool,
        withoutBody: Bool
    ) {
        put("HTTP/1.1 ", &output)
        put(String(response.status.rawValue), &output)
        put(" ", &output)
        let reason = response.status.reason
        output.append(
            contentsOf: UnsafeBufferPointer(start: reason.utf8Start, count: reason.utf8CodeUnitCount))
        put("\r\nDate: ", &output)
        put(date, &output)
        // A value that could break the line is a defect of ours, and is left out rather than sent.
        for field in response.headers.fields
        where HeaderText.isSafe(field.value) && HeaderText.isSafe(field.name) {
            put("\r\n", &output)
            put(field.name, &output)
            put(": ", &output)
            put(field.value, &output)
        }
        let hasBody = mayHaveBody(response.status)
        if hasBody {
            switch framing {
            case .fixed(let length):
                put("\r\nContent-Length: ", &output)
                put(String(length), &output)
            case .chunked: put("\r\nTransfer-Encoding: chunked", &output)
            case .untilEnd: break
            }
        }
        if response.status != .switchingProtocols {
            put(keepsAlive ? "\r\nConnection: keep-alive" : "\r\nConnection: close", &output)
        }
        put("\r\n\r\n", &output)
        if hasBody, !withoutBody { output.append(contentsOf: response.body) }
    }

    static func mayHaveBody(_ status: Status) -> Bool {
        status != .noContent && status != .notModified && status != .switchingProtocols
    }

    private static func put(_ text: String, _ output: inout [UInt8]) {
        output.append(contentsOf: text.utf8)
    }
}
