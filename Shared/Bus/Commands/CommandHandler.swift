package import Contracts
package import Core
import FoundationEssentials

/// What a command's handler knows beside the command.
package struct CommandContext: Sendable {
    package let id: String
    package let asker: Asker
    /// When the asker stops waiting. A handler that has not asked its station by then had better not.
    package let deadline: Int64

    package func remaining(at clock: Clock) -> Duration {
        .milliseconds(deadline - Int64(clock.now.timeIntervalSince1970 * 1_000))
    }
}

/// What a gateway does with one kind of command.
package struct CommandHandler: Sendable {
    let kind: String
    let carryOut: @Sendable ([UInt8], CommandContext) async throws -> [UInt8]
    let refuse: @Sendable (String, CommandRefusal) -> [UInt8]

    /// A thrown `CommandRefusal` is the answer; anything else that is thrown is answered as our own fault.
    package static func on<Asked: GatewayCommand>(
        _ type: Asked.Type, _ body: @escaping @Sendable (Asked, CommandContext) async throws -> Asked.Answer
    ) -> CommandHandler {
        CommandHandler(
            kind: Asked.kind,
            carryOut: { bytes, context in
                let envelope = try JSONReader.decode(CommandEnvelope<Asked>.self, from: bytes)
                let answer = try await body(envelope.body, context)
                return JSONWriter.encode(ReplyEnvelope<Asked.Answer>(to: context.id, .done(answer)))
            },
            refuse: { id, refusal in
                JSONWriter.encode(ReplyEnvelope<Asked.Answer>(to: id, .refused(refusal)))
            })
    }
}

/// The part of any command's envelope that does not depend on its kind.
struct CommandHead: Codable, Sendable {
    var v: Int
    var kind: String
    var id: String
    var replyTo: InstanceName
    var deadline: Int64
    var asker: Asker
}
