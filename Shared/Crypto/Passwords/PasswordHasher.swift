import Core
import Dispatch
import FoundationEssentials

/// What a password proved to be.
package enum PasswordVerdict: Equatable, Sendable {
    case wrong
    case right
    /// Right, and stored with another cost than today's: hash it anew while it is at hand.
    case rightButOutdated
}

/// Hashes and checks passwords off the event loops, one a core at a time, the rest in order.
///
/// A full queue throws `BlockingGate.Full`: the answer is 503 and not another promise.
package final class PasswordHasher: Sendable {
    private let gate: BlockingGate
    private let cost: ScryptCost

    /// - Parameter waiting: how many may wait; at a quarter of a second each the last waits about as long as a
    ///   request may take.
    package init(
        cost: ScryptCost = .people, cores: Int = ProcessInfo.processInfo.activeProcessorCount,
        waiting: Int? = nil
    ) {
        precondition(cost.isReasonable)
        self.cost = cost
        let queue = DispatchQueue(label: "passwords", attributes: .concurrent)
        gate = BlockingGate(name: "passwords", width: cores, capacity: waiting ?? cores * 16) { work in
            queue.async(execute: work)
        }
    }

    /// The text to store.
    package func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await gate.run { try PasswordHash(of: password, cost: cost).text }
    }

    /// - Parameter stored: nil for an account that does not exist: it takes the same time and is wrong, so that the
    ///   time of the answer does not tell who has an account.
    package func check(_ password: String, against stored: String?) async throws -> PasswordVerdict {
        let cost = cost
        guard let known = stored.flatMap(PasswordHash.init) else {
            return try await gate.run {
                _ = try PasswordHash(of: password, cost: cost)
                return .wrong
            }
        }
        return try await gate.run {
            guard try known.matches(password) else { return .wrong }
            return known.cost == cost ? .right : .rightButOutdated
        }
    }
}
