package import HTTP

/// Every "no" that reporting says.
package enum ReportingRefusal: Refusal, Equatable {
    case missingParameter(String)
    case unreadableParameter(String)
    case endBeforeBegin

    package var problem: Problem {
        switch self {
        case .missingParameter(let name):
            Problem(.badRequest, "parameter '\(name)' is missing", errors: [name: ["is missing"]])
        case .unreadableParameter(let name):
            Problem(
                .badRequest, "parameter '\(name)' is neither a date nor a time",
                errors: [name: ["must be YYYY-MM-DD or RFC 3339"]])
        case .endBeforeBegin:
            Problem(
                .badRequest, "parameter 'to' lies before 'from'",
                errors: ["non_field_errors": ["'to' must not lie before 'from'"]])
        }
    }
}
