import CCurl
import Core

/// One transfer with a curl handle of its own, on a thread that may block.
final class Transfer {
    private let limits: Outbound.Limits
    private let cancellation: Cancellation
    private let handle: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var upload: [UInt8] = []
    private var uploaded = 0

    // Once for the process, and before any handle: curl asks for it.
    private static let isReady = voltbus_curl_global_init() == CURLE_OK

    init(_ limits: Outbound.Limits, _ cancellation: Cancellation) throws(OutboundFailure) {
        guard Self.isReady, let handle = curl_easy_init() else { throw .broken("libcurl did not start") }
        self.limits = limits
        self.cancellation = cancellation
        self.handle = handle
    }

    deinit {
        curl_easy_cleanup(handle)
        lists.forEach(curl_slist_free_all)
    }

    func perform(_ request: OutboundRequest) throws(OutboundFailure) -> OutboundResponse {
        let url = try OutboundURL(request.url)
        try prepare(timeout: request.timeout)
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, url.isLocal ? "http,https" : "https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
        // Only what changes nothing is asked for again elsewhere.
        try set(CURLOPT_FOLLOWLOCATION, request.method == .get && request.redirections > 0 ? 1 : 0)
        try set(CURLOPT_MAXREDIRS, request.redirections)
        if request.method == .get {
            try set(CURLOPT_HTTPGET, 1)
        } else {
            upload = request.body
            try set(CURLOPT_POST, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            try check(voltbus_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(upload.count)))
        }
        // Nothing of curl's own: `Expect` holds posts back for a second, and its content type is a guess.
        var lines = try headerLines(request.headers) + ["Expect:"]
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        try set(CURLOPT_HTTPHEADER, lines)
        try set(CURLOPT_USERAGENT, "VoltBus")

        try run()
        var status = 0
        voltbus_curl_response_code(handle, &status)
        return OutboundResponse(status: status, headers: lastHeaders(), body: body)
    }

    func perform(_ delivery: SMTPDelivery, at server: SMTPServer) throws(OutboundFailure) {
        guard OutboundURL.isHostName(server.host), OutboundURL.isHostName(server.greeting),
            (1...65_535).contains(server.port)
        else { throw .malformed("the mail server's name") }
        guard !delivery.recipients.isEmpty,
            ([delivery.sender] + delivery.recipients).allSatisfy(\.isEnvelopeAddress)
        else { throw .malformed("an address") }
        try prepare(timeout: server.timeout)
        let scheme = server.security == .tls ? "smtps" : "smtp"
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        try set(CURLOPT_URL, "\(scheme)://\(host):\(server.port)/\(server.greeting)")
        try set(CURLOPT_PROTOCOLS_STR, scheme)
        // `CURLUSESSL_ALL`: a server that offers no TLS is not spoken to, rather than in the clear.
        try set(
            CURLOPT_USE_SSL,
            server.security == .none ? Int(CURLUSESSL_NONE.rawValue) : Int(CURLUSESSL_ALL.rawValue))
        if let credentials = server.credentials {
            try set(CURLOPT_USERNAME, credentials.username)
            try set(CURLOPT_PASSWORD, credentials.password)
        }
        try set(CURLOPT_MAIL_FROM, "<\(delivery.sender)>")
        try set(CURLOPT_MAIL_RCPT, delivery.recipients.map { "<\($0)>" })
        upload = delivery.message
        try set(CURLOPT_UPLOAD, 1)
        try check(voltbus_curl_set_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.count)))
        try run()
    }

    private func run() throws(OutboundFailure) {
        let result = curl_easy_perform(handle)
        if isTooLarge { throw .tooLarge(limit: limits.responseBytes) }
        guard result != CURLE_OK else { return }
        var reply = 0
        voltbus_curl_response_code(handle, &reply)
        throw OutboundFailure(result, reply: reply)
    }

    /// What holds for every transfer: deadlines, the check of the other side's name, where bytes go.
    private func prepare(timeout: Duration) throws(OutboundFailure) {
        // Signals belong to the process; curl's resolver must not use them.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_TIMEOUT_MS, max(1, Int(timeout / .milliseconds(1))))
        try set(
            CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(min(timeout, limits.connectTimeout) / .milliseconds(1))))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let authorities = limits.authorities { try set(CURLOPT_CAINFO, authorities) }

        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            voltbus_curl_on_body(
                handle, { bytes, size, count, context in Transfer.of(context).received(bytes, size * count) },
                context))
        try check(
            voltbus_curl_on_header(
                handle,
                { bytes, size, count, context in Transfer.of(context).receivedHead(bytes, size * count) },
                context))
        try check(
            voltbus_curl_on_upload(
                handle, { bytes, size, count, context in Transfer.of(context).fill(bytes, size * count) },
                context))
        try check(
            voltbus_curl_on_progress(
                handle, { context, _, _, _, _ in Transfer.of(context).cancellation.isSet ? 1 : 0 }, context))
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
        guard let context else { preconditionFailure("curl lost the context it was given") }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func received(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard body.count + count <= limits.responseBytes else {
            isTooLarge = true
            return 0
        }
        append(bytes, count, to: &body)
        return count
    }

    private func receivedHead(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard head.count + count <= limits.headerBytes else {
            isTooLarge = true
            return 0
        }
        append(bytes, count, to: &head)
        return count
    }

    private func append(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private func fill(_ bytes: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        let count = min(room, upload.count - uploaded)
        UnsafeMutableRawBufferPointer(start: bytes, count: room).copyBytes(
            from: upload[uploaded..<uploaded + count])
        uploaded += count
        return count
    }

    /// The headers of the last answer: those of redirections and of `100 Continue` come before it.
    private func lastHeaders() -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for line in head.split(separator: UInt8(ascii: "\n")) {
            let text = String(
                decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            if text.hasPrefix("HTTP/") {
                headers = []
            } else if let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                headers.append((text[..<colon].lowercased(), String(value)))
            }
        }
        return headers
    }

    private func headerLines(_ headers: [(name: String, value: String)]) throws(OutboundFailure) -> [String] {
        var lines: [String] = []
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenCharacter),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .malformed("a header") }
            // curl takes a colon with nothing behind it as the wish to leave the header out.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        return lines
    }

    private func set(_ option: CURLoption, _ value: Int) throws(OutboundFailure) {
        try check(voltbus_curl_set_number(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(OutboundFailure) {
        guard !value.utf8.contains(0) else { throw .malformed("a text with a zero byte") }
        try check(voltbus_curl_set_text(handle, option, value))
    }

    private func set(_ option: CURLoption, _ values: [String]) throws(OutboundFailure) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = curl_slist_append(list, value) else {
                curl_slist_free_all(list)
                throw .broken("no memory")
            }
            list = longer
        }
        if let list { lists.append(list) }
        try check(voltbus_curl_set_list(handle, option, list))
    }

    private func check(_ result: CURLcode) throws(OutboundFailure) {
        if result != CURLE_OK { throw OutboundFailure(result) }
    }
}

extension UInt8 {
    /// RFC 9110 §5.6.2.
    fileprivate var isTokenCharacter: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
            || "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
}

extension String {
    /// Fit to stand between angle brackets in MAIL FROM and RCPT TO, where nothing may end the line or the bracket.
    fileprivate var isEnvelopeAddress: Bool {
        (3...254).contains(utf8.count) && contains("@")
            && utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
            }
    }
}
