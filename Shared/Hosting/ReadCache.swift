import Core
package import HTTP
package import Redis
import Synchronization
package import Telemetry

/// Answers that may be read a while late, kept in Redis (api.md 5.13). Without Redis every answer is made anew.
///
/// Every service has one, `host.cache`. A handler names the entry, then everything that the answer depends on, then who
/// asks, so that nobody is shown another's:
///
///     let lots = try await host.cache.remembered(.parkingLots, "lots \(cut)", for: caller) {
///         try await host.database.run(.lots(visibleTo: caller, cut))
///     }
///
/// Whoever changes what an entry is made of says so, after the commit and before the answer, in whichever service:
///
///     try await host.database.transaction { … }
///     await host.cache.changed(.parkingLots)
///
/// Where one person's change must not drop everybody's entries, both sides name the person: `remembered(…, about: user)`
/// and `changed(.userProfile, about: user)`; `changed(.userProfile)` still drops all.
///
/// Nothing is deleted. Each entry (and each person in it) has a generation in Redis, a number that is read before the
/// database and stored with the answer; a change replaces the number, and what was stored under another is no longer
/// believed. So an answer that was read before a change and stored after it is never served. Never for credentials,
/// balances and points, and never inside a transaction. What is kept goes through JSON, as answers do: times in whole
/// seconds.
package struct ReadCache: Sendable {
    private let redis: RedisClient
    private let service: String
    private let lifetimes: CacheLifetimes
    private let log: Log
    private let reads: Family<Counter>
    /// Changes that Redis was not told of.
    private let owed = Owed()

    private final class Owed: Sendable {
        let generations = Mutex<Set<String>>([])
    }

    private static var patience: Duration { .milliseconds(200) }
    /// Longer than any lifetime, so that nothing is kept under a generation that was forgotten.
    private static var generationLifetime: Duration { .seconds(2 * CacheLifetimes.longest) }
    /// Keys are made of what people ask for: a long one will hardly be asked for again.
    private static var longestKey: Int { 300 }
    private static var longestValue: Int { 1 << 20 }

    /// - Parameter redis: the same for all services: that of REDIS_CACHE_URL, or the bus' one.
    package init(
        on redis: RedisClient, of service: String, keeping lifetimes: CacheLifetimes, log: Log,
        metrics: Metrics
    ) {
        self.redis = redis
        self.service = service
        self.lifetimes = lifetimes
        self.log = log
        reads = metrics.counters(
            "voltbus_cache_reads_total", "Answers by whether the cache had them.",
            labels: ["entry", "result"])
    }

    /// What is kept, or what `make` makes now, which is then kept.
    ///
    /// - Parameters:
    ///   - key: the route and its arguments, everything that the answer depends on beside the caller.
    ///   - caller: nil for what is public.
    ///   - subject: the one whose change alone drops this; nil: any change of the entry does.
    package func remembered<Value: Codable & Sendable>(
        _ entry: CacheEntry, _ key: String, for caller: Caller?, about subject: Int64? = nil,
        _ make: () async throws -> Value
    ) async throws -> Value {
        let lifetime = lifetimes[entry]
        guard lifetime > .zero, key.utf8.count <= Self.longestKey else { return try await make() }
        let person = caller.map { "\($0.user) \($0.role.rawValue) \($0.accessLevel)" } ?? "public"
        let place = "vb:cache:\(service):\(entry.rawValue):\(person):\(subject ?? 0):\(key)"
        guard let found = await look(at: place, under: generations(entry, subject)) else {
            reads.with(entry.rawValue, "away").add()
            return try await make()
        }
        if let kept = found.kept, let value = try? JSONReader.decode(Value.self, from: kept) {
            // What an older version has kept may have another shape: a miss.
            reads.with(entry.rawValue, "hit").add()
            return value
        }
        reads.with(entry.rawValue, "miss").add()
        let value = try await make()
        var bytes = Array(found.stamp.utf8)
        JSONWriter.append(value, to: &bytes)
        if bytes.count <= Self.longestValue { redis.post(.set(place, to: bytes, for: lifetime)) }
        return value
    }

    /// After the commit of a change: from here on nobody is served what was kept before.
    ///
    /// - Parameter subject: drops only what is kept about this one.
    package func changed(_ entry: CacheEntry, about subject: Int64? = nil) async {
        let name = subject.map { Self.generation(entry, $0) } ?? Self.generation(entry)
        if await !replace(name) { _ = owed.generations.withLock { $0.insert(name) } }
    }

    /// Makes up for what Redis could not be told: drops everything whenever Redis has come (back), since changes may have
    /// been missed and an older state may have been restored. Runs until it is cancelled.
    package func run(sleeping: (Duration) async throws -> Void) async {
        let all = CacheEntry.allCases.map { Self.generation($0) }
        let owed = owed
        let subscription = await redis.subscribe(to: ["vb:cache"]) { signal in
            if case .live = signal { owed.generations.withLock { $0.formUnion(all) } }
        }
        while !Task.isCancelled {
            for name in owed.generations.withLock({ $0 }) {
                // Struck off first, so that a change that fails meanwhile is noted anew.
                _ = owed.generations.withLock { $0.remove(name) }
                guard await !replace(name) else { continue }
                _ = owed.generations.withLock { $0.insert(name) }
                break
            }
            // Cancelled: the loop ends.
            try? await sleeping(.milliseconds(200))
        }
        subscription.cancel()
    }

    private func generations(_ entry: CacheEntry, _ subject: Int64?) -> [String] {
        [Self.generation(entry)] + (subject.map { [Self.generation(entry, $0)] } ?? [])
    }

    private static func generation(_ entry: CacheEntry, _ subject: Int64? = nil) -> String {
        "vb:generation:\(entry.rawValue)" + (subject.map { ":\($0)" } ?? "")
    }

    /// Any number that was not there before; counting up would begin anew when Redis has forgotten.
    private static var newNumber: String { String(UInt64.random(in: .min ... .max), radix: 36) }

    private func replace(_ name: String) async -> Bool {
        let command = Command<Bool>.set(name, to: Self.newNumber, for: Self.generationLifetime)
        // Any failure means: not told.
        return (try? await redis.run(command, within: .seconds(1))) == true
    }

    private struct Found {
        /// The generations of now, as they stand before what is kept under them.
        let stamp: String
        let kept: [UInt8]?
    }

    /// Nil when Redis does not answer, or when a change is not known there yet.
    private func look(at place: String, under generations: [String]) async -> Found? {
        guard owed.generations.withLock({ $0.isDisjoint(with: generations) }) else { return nil }
        do {
            var words = try await redis.run(.get(each: generations + [place]), within: Self.patience)
            if words.dropLast().contains(nil) {
                for (name, word) in zip(generations, words) where word == nil {
                    // Somebody else may be first: theirs holds.
                    _ = try await redis.run(
                        .set(
                            name, to: Self.newNumber, for: Self.generationLifetime, onlyIfAbsent: true),
                        within: Self.patience)
                }
                words = try await redis.run(.get(each: generations + [place]), within: Self.patience)
            }
            let numbers = words.dropLast().compactMap { $0.map { String(decoding: $0.bytes, as: UTF8.self) } }
            guard numbers.count == generations.count, words.count == generations.count + 1 else { return nil }
            let stamp = numbers.joined(separator: ".") + "\n"
            let kept = words[generations.count]?.bytes
            let isOfNow = kept?.starts(with: stamp.utf8) == true
            return Found(
                stamp: stamp, kept: isOfNow ? kept.map { Array($0.dropFirst(stamp.utf8.count)) } : nil)
        } catch {
            log.debug("The cache is away.", ["error": "\(error)"])
            return nil
        }
    }
}
