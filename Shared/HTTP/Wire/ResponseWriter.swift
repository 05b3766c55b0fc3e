/// Puts answers on the wire.
enum ResponseWriter {
    /// Appends the head, and the body unless the request was HEAD or the status has none.
    static func append(
        _ response: Response, to output: inout [UInt8], date: String, keepsAlive: Bool, withoutBody: Bool
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
        let hasBody =
            response.status != .noContent && response.status != .notModified
            && response.status != .switchingProtocols
        if hasBody {
            put("\r\nContent-Length: ", &output)
            put(String(response.body.count), &output)
        }
        if response.status != .switchingProtocols {
            put(keepsAlive ? "\r\nConnection: keep-alive" : "\r\nConnection: close", &output)
        }
        put("\r\n\r\n", &output)
        if hasBody, !withoutBody { output.append(contentsOf: response.body) }
    }

    private static func put(_ text: String, _ output: inout [UInt8]) {
        output.append(contentsOf: text.utf8)
    }
}
