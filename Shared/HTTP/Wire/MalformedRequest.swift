/// Bytes that are no request that we answer in any other way: the connection ends behind the refusal, because where
/// the next request begins can no longer be known.
package struct MalformedRequest: Error, Equatable, Sendable {
    package let status: Status
    /// For the caller, in English, without a full stop.
    package let reason: String

    package init(_ reason: String, status: Status = .badRequest) {
        self.reason = reason
        self.status = status
    }
}
