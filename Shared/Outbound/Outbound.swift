package import Core
import Dispatch

/// The way out of the machine: requests to providers over HTTPS, mail over SMTP.
///
/// libcurl blocks, so everything runs on threads of its own behind a gate; no event loop ever waits for a stranger.
package struct Outbound: Sendable {
    private let limits: Limits
    private let gate: BlockingGate

    package init(limits: Limits = Limits()) {
        self.limits = limits
        gate = .threads(name: "outbound", width: limits.connections, capacity: limits.waiting)
    }

    package struct Limits: Sendable {
        /// Transfers that run at the same time, and that may wait for it.
        package var connections = 8
        package var waiting = 256
        package var connectTimeout: Duration = .seconds(5)
        package var responseBytes = 4 << 20
        package var headerBytes = 64 << 10
        /// A file of certificate authorities; nil trusts those of the system. There is no way to trust everybody.
        package var authorities: String?

        package init() {}
    }

    /// The answer, whatever its status; only what kept an answer from coming is thrown.
    package func send(_ request: OutboundRequest) async throws(OutboundFailure) -> OutboundResponse {
        try await blocking { [limits] cancellation throws(OutboundFailure) in
            try Transfer(limits, cancellation).perform(request)
        }
    }

    /// Hands a message to a mail server, which has then accepted it for every recipient.
    package func deliver(_ delivery: SMTPDelivery, to server: SMTPServer) async throws(OutboundFailure) {
        try await blocking { [limits] cancellation throws(OutboundFailure) in
            try Transfer(limits, cancellation).perform(delivery, at: server)
        }
    }

    private func blocking<Result: Sendable>(
        _ work: @escaping @Sendable (Cancellation) throws(OutboundFailure) -> Result
    ) async throws(OutboundFailure) -> Result {
        let cancellation = Cancellation()
        do {
            return try await withTaskCancellationHandler {
                try await gate.run { try work(cancellation) }
            } onCancel: {
                cancellation.set()
            }
        } catch let failure as OutboundFailure {
            throw failure
        } catch is BlockingGate.Full {
            throw .overloaded
        } catch {
            throw .cancelled
        }
    }
}

extension BlockingGate {
    /// A gate onto Dispatch's threads, for whatever leaves the process: connections here, files in the outbox.
    package static func threads(name: String, width: Int, capacity: Int) -> BlockingGate {
        BlockingGate(name: name, width: width, capacity: capacity) { work in
            DispatchQueue.global().async(execute: work)
        }
    }
}
