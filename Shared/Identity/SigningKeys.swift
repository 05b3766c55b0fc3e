import Core
import Crypto
import Postgres
import Synchronization

/// The public keys that accounts publishes, kept for a minute and read anew when a token names one that is not among
/// them; at most once a second, or a stranger's tokens would each cost a query.
final class SigningKeys: Sendable {
    typealias Keys = [String: VerifyingKey]

    private struct State {
        var keys: Keys = [:]
        var read: MonotonicInstant?
        var reading: Task<Keys, any Error>?
    }

    private let fetch: @Sendable () async throws -> Keys
    private let clock: Clock
    private let state = Mutex(State())

    /// How long a withdrawn key may go on to prove.
    static let lifetime = Duration.seconds(60)
    /// How soon after a reading a name that it lacked may cause the next.
    static let pause = Duration.seconds(1)

    convenience init(_ database: Database, clock: Clock) {
        self.init(clock: clock) {
            var keys: Keys = [:]
            for published in try await database.run(.publishedKeys) {
                keys[published.kid] = try VerifyingKey(published.bytes)
            }
            return keys
        }
    }

    init(clock: Clock, fetch: @escaping @Sendable () async throws -> Keys) {
        self.clock = clock
        self.fetch = fetch
    }

    /// Nil for a name that accounts does not publish.
    func key(_ kid: String) async throws -> VerifyingKey? {
        let now = clock.monotonic
        let (known, age) = state.withLock { state in (state.keys[kid], state.read.map { now - $0 }) }
        if let age {
            if age < Self.lifetime, let known { return known }
            if age < Self.pause, !isReading { return nil }
        }
        return try await readAnew()[kid]
    }

    private var isReading: Bool { state.withLock { $0.reading != nil } }

    /// All who ask while a reading is under way wait for that one.
    private func readAnew() async throws -> Keys {
        let reading = state.withLock { state in
            if let reading = state.reading { return reading }
            let fetch = fetch
            let reading = Task(executorPreference: globalConcurrentExecutor) { try await fetch() }
            state.reading = reading
            return reading
        }
        do {
            let keys = try await reading.value
            finish(reading, with: keys)
            return keys
        } catch {
            finish(reading, with: nil)
            throw error
        }
    }

    private func finish(_ reading: Task<Keys, any Error>, with keys: Keys?) {
        let now = clock.monotonic
        state.withLock { state in
            guard state.reading == reading else { return }
            state.reading = nil
            guard let keys else { return }
            state.keys = keys
            state.read = now
        }
    }
}
