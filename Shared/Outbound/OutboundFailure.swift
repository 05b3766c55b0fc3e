import CCurl

/// Why nothing came back, or mail was not taken. Holds no address, header or body: it may be logged.
package enum OutboundFailure: Error, Equatable, Sendable {
    /// The request itself cannot be sent: its URL, a header or an address.
    case malformed(String)
    case unreachable(String)
    case timedOut
    /// The other side did not prove who it is, or TLS could not be agreed on.
    case notTrusted(String)
    case tooLarge(limit: Int)
    /// A mail server's no, with its reply code: 4xx may be tried again, 5xx is for good.
    case refused(code: Int)
    /// The user name and password were not accepted.
    case notAuthenticated
    case overloaded
    case cancelled
    /// The other side broke the protocol or off.
    case broken(String)

    /// Trying the same again later makes sense.
    package var isTransient: Bool {
        switch self {
        case .malformed, .tooLarge: false
        case .refused(let code): code < 500
        case .unreachable, .timedOut, .notTrusted, .notAuthenticated, .overloaded, .cancelled, .broken: true
        }
    }
}

extension OutboundFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let what): "cannot be sent: \(what)"
        case .unreachable(let why): "not reachable: \(why)"
        case .timedOut: "no answer in time"
        case .notTrusted(let why): "not trusted: \(why)"
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .refused(let code): "refused with \(code)"
        case .notAuthenticated: "the credentials were not accepted"
        case .overloaded: "too many transfers wait"
        case .cancelled: "cancelled"
        case .broken(let why): "broken off: \(why)"
        }
    }
}

extension OutboundFailure {
    /// `reply` is the last reply code of a mail server, 0 for none. curl's own sentence for the code is used, never
    /// its message for the transfer, which may quote what was sent.
    init(_ code: CURLcode, reply: Int = 0) {
        let sentence = curl_easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
        self =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .malformed("the URL")
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
                .unreachable(sentence)
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED,
                CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM:
                .notTrusted(sentence)
            case CURLE_LOGIN_DENIED: .notAuthenticated
            case CURLE_ABORTED_BY_CALLBACK: .cancelled
            case _ where (400..<600).contains(reply): .refused(code: reply)
            default: .broken(sentence)
            }
    }
}
