import Crypto
import FoundationEssentials
import Synchronization

/// Remembers which tokens' signatures were proved, by the tokens' digests, until they expire: a proof costs more than
/// the rest of a request. It says nothing of the login; that is read every time.
final class SignatureMemo: Sendable {
    struct Proof: Sendable {
        let claims: AccessClaims
        /// Checked again at each use: a key that is withdrawn takes its proofs with it.
        let kid: String
    }

    private let proofs = Mutex<[[UInt8]: Proof]>([:])
    private let capacity: Int

    /// - Parameter capacity: tokens; some 300 bytes each.
    init(capacity: Int = 20_000) {
        self.capacity = capacity
    }

    func proof(of digest: [UInt8]) -> Proof? {
        proofs.withLock { $0[digest] }
    }

    func remember(_ proof: Proof, of digest: [UInt8], at now: Date) {
        proofs.withLock { proofs in
            if proofs.count >= capacity {
                proofs = proofs.filter { $0.value.claims.expires > now }
                // Still full: to prove again is cheaper than to grow.
                if proofs.count >= capacity { proofs.removeAll(keepingCapacity: true) }
            }
            proofs[digest] = proof
        }
    }

    var count: Int { proofs.withLock { $0.count } }
}
