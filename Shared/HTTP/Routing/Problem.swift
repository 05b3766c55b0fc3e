package import Core
package import FoundationEssentials

/// A "no" as a caller hears it: HTTP status, application code (both of the contract's table) and a sentence.
package struct Problem: Error, Equatable, Sendable {
    package var status: Status
    /// The application code; 2001 is the ordinary failure.
    package var code: Int
    /// English, for people; what the route's fixed part goes in front of.
    package var reason: String
    /// By field, only for failed validation; rules over several fields stand under `non_field_errors`.
    package var errors: [String: [String]]
    /// `Retry-After`, `Allow` and the like.
    package var headers: [String: String]

    package static let ordinary = 2001

    package init(
        _ status: Status, code: Int = Problem.ordinary, _ reason: String, errors: [String: [String]] = [:],
        headers: [String: String] = [:]
    ) {
        self.status = status
        self.code = code
        self.reason = reason
        self.errors = errors
        self.headers = headers
        // RFC 9110 §11.6.1: a 401 says how to do better.
        if status == .unauthorized, headers["WWW-Authenticate"] == nil {
            self.headers["WWW-Authenticate"] = "Bearer"
        }
    }

    /// What a document got wrong, as validation failures.
    package init(_ mistakes: JSONMistakes) {
        let first = mistakes.all.first
        let reason = first.map { $0.path.isEmpty ? $0.text : "\($0.path) \($0.text)" } ?? "invalid"
        var errors: [String: [String]] = [:]
        for mistake in mistakes.all where mistake.kind != .malformed {
            errors[mistake.path.isEmpty ? "non_field_errors" : mistake.path, default: []].append(mistake.text)
        }
        self.init(.badRequest, reason, errors: errors)
    }

    package static let notFound = Problem(.notFound, "not found")
    package static let internalError = Problem(.internalServerError, "internal error")

    /// The contract's one envelope for every failure.
    ///
    /// - Parameter fixed: the route's fixed part, such as `Failed to update user`; the reason follows behind a colon.
    package func response(fixed: String? = nil, at time: Date) -> Response {
        let message = fixed.map { "\($0): \(reason)" } ?? reason.prefix(1).uppercased() + reason.dropFirst()
        var response = Response.json(
            status,
            Envelope(
                status_code: code, status_message: message, timestamp: time,
                errors: errors.isEmpty ? nil : errors))
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { response.headers[name] = value }
        return response
    }

    /// The envelope itself; its schema stands in the API's document.
    package struct Envelope: Codable, Sendable {
        package var status_code: Int
        package var status_message: String
        package var timestamp: Date
        package var errors: [String: [String]]?
    }
}

/// A service's own "no": facts in the cases, sentence and status in one exhaustive switch.
package protocol Refusal: Error {
    var problem: Problem { get }
}

extension Problem {
    /// Everything thrown becomes a problem; what is no "no" of ours is a defect, and its text stays inside.
    init(thrown error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let refusal as any Refusal: self = refusal.problem
        case let mistakes as JSONMistakes: self = Problem(mistakes)
        case let away as any Unavailability:
            guard let seconds = away.retryAfterSeconds else {
                self = .internalError
                return
            }
            self = Problem(
                .serviceUnavailable, "service unavailable", headers: ["Retry-After": String(seconds)])
        default: self = .internalError
        }
    }
}
