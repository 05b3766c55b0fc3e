import Core

/// A value that can stand as a word of a command.
package protocol RedisArgument: Sendable {
    func append(to bytes: inout [UInt8])
}

extension String: RedisArgument {
    package func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Array: RedisArgument where Element == UInt8 {
    package func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

extension Int: RedisArgument {
    package func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: String(self).utf8) }
}

extension Int64: RedisArgument {
    package func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: String(self).utf8) }
}

/// In milliseconds, the unit of `PX` and `PEXPIRE`.
extension Duration: RedisArgument {
    package func append(to bytes: inout [UInt8]) { wholeMilliseconds.append(to: &bytes) }
}

/// The words of one command, one behind the other in one buffer.
package struct Words: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var lengths: [Int] = []

    package init() {}

    package mutating func append(_ word: some RedisArgument) {
        let start = bytes.count
        word.append(to: &bytes)
        lengths.append(bytes.count - start)
    }

    /// The first word, for messages to people; never the rest, which may be anybody's data.
    var name: String {
        String(decoding: bytes.prefix(lengths.first ?? 0), as: UTF8.self)
    }
}

/// One command and the type of its answer.
///
///     extension Command where Answer == String? {
///         static func get(_ key: String) -> Self { Self("GET", key) }
///     }
package struct Command<Answer: Sendable>: Sendable {
    package var words = Words()

    package init(_ name: String, _ arguments: any RedisArgument...) {
        words.append(name)
        for argument in arguments { words.append(argument) }
    }

    /// Further words behind those that are there.
    package func with(_ more: some Sequence<some RedisArgument>) -> Self {
        var command = self
        for word in more { command.words.append(word) }
        return command
    }
}

extension Command where Answer == String {
    package static var ping: Self { Self("PING") }
}

extension Command where Answer == RedisBytes? {
    package static func get(_ key: String) -> Self { Self("GET", key) }
}

extension Command where Answer == Bool {
    /// False when `onlyIfAbsent` found a value there.
    package static func set(
        _ key: String, to value: some RedisArgument, for lifetime: Duration, onlyIfAbsent: Bool = false
    ) -> Self {
        onlyIfAbsent
            ? Self("SET", key, value, "PX", lifetime, "NX") : Self("SET", key, value, "PX", lifetime)
    }
}

extension Command where Answer == Int {
    /// Answers how many keys there were.
    package static func delete(_ keys: [String]) -> Self { Self("DEL").with(keys) }

    /// Answers how many subscribers the message reached.
    package static func publish(_ message: some RedisArgument, to channel: String) -> Self {
        Self("PUBLISH", channel, message)
    }

    /// Answers the number after it was raised.
    package static func raise(_ key: String) -> Self { Self("INCR", key) }
}

extension Command where Answer == [RedisBytes?] {
    /// Answers in the order of the keys.
    package static func get(each keys: [String]) -> Self { Self("MGET").with(keys) }
}
