/// A piece of Lua that Redis runs as one step: what must be read and written without anybody in between.
package struct Script<Answer: RedisAnswer>: Sendable {
    let source: String

    package init(_ source: String) {
        self.source = source
    }
}

extension RedisClient {
    /// Runs a script by its digest; sends its text only to a server that does not know it (any more).
    package func run<Answer>(
        _ script: Script<Answer>, keys: [String], _ arguments: [any RedisArgument] = [],
        within patience: Duration? = nil
    ) async throws -> Answer {
        let digest = try await digest(of: script.source)
        do {
            return try await run(call("EVALSHA", digest, keys, arguments), within: patience)
        } catch let error as RedisError where error.kind == .refused(code: "NOSCRIPT") {
            return try await run(call("EVAL", script.source, keys, arguments), within: patience)
        }
    }

    private func call<Answer>(
        _ name: String, _ script: String, _ keys: [String], _ arguments: [any RedisArgument]
    ) -> Command<Answer> {
        var command = Command<Answer>(name, script, keys.count)
        for key in keys { command.words.append(key) }
        for argument in arguments { command.words.append(argument) }
        return command
    }
}
