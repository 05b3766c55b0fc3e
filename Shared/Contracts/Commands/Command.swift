package import Core

/// Something asked of a gateway, or of billing.
package protocol GatewayCommand: Codable, Equatable, Sendable {
    associatedtype Answer: Codable, Equatable, Sendable

    /// Never changes and is never given to anything else.
    static var kind: String { get }
    var receiver: CommandReceiver { get }
}

/// Who can carry a command out.
package enum CommandReceiver: Equatable, Sendable {
    /// The gateway that holds this station's socket; refused as offline when nobody does.
    case holder(of: ChargePointID)
    /// Any gateway: it needs the database only. The first to claim it does it.
    case any
    /// Any billing, likewise.
    case billing
}

/// Who asked, for the audit trail, the command log and the checks that depend on it.
package struct Asker: Codable, Equatable, Sendable {
    /// Nil: the suite itself, such as the sweep or billing at an exhausted balance.
    package var user: ID<User>?
    package var service: Service
    package var door: Open<Door>
    /// Whether a power user or the point's host asks: some checks are theirs to override.
    package var isOperator: Bool
    /// `X-Request-Id`, to find the same act in every log.
    package var request: String?

    /// Where the wish came in.
    package enum Door: String, CaseIterable, Codable, Sendable {
        case api, socket, csc, qr, system
    }

    package init(
        user: ID<User>?, from service: Service, by door: Open<Door>, isOperator: Bool = false,
        request: String? = nil
    ) {
        self.user = user
        self.service = service
        self.door = door
        self.isOperator = isOperator
        self.request = request
    }

    package static func system(_ service: Service) -> Asker {
        Asker(user: nil, from: service, by: .known(.system), isOperator: true)
    }
}

/// How a command travels. A message with the same `id` is the same command and is carried out once.
package struct CommandEnvelope<Body: GatewayCommand>: Codable, Sendable {
    package var v: Int
    package var kind: String
    package var id: String
    /// Who waits for the answer; on its reply channel.
    package var replyTo: InstanceName
    /// Milliseconds since 1970 after which nobody waits any more: what has not begun by then is not begun.
    package var deadline: Int64
    package var asker: Asker
    package var body: Body

    package init(_ body: Body, id: String, replyTo: InstanceName, deadline: Int64, asker: Asker) {
        v = EnvelopeHead.newest
        kind = Body.kind
        self.id = id
        self.replyTo = replyTo
        self.deadline = deadline
        self.asker = asker
        self.body = body
    }
}

/// How the answer travels: exactly one of `answer` and `refusal` is there.
package struct ReplyEnvelope<Answer: Codable & Equatable & Sendable>: Codable, Sendable {
    package var v: Int
    package var id: String
    package var answer: Answer?
    package var refusal: CommandRefusal?

    package init(to id: String, _ outcome: CommandOutcome<Answer>) {
        v = EnvelopeHead.newest
        self.id = id
        switch outcome {
        case .done(let answer): self.answer = answer
        case .refused(let refusal): self.refusal = refusal
        }
    }

    package var outcome: CommandOutcome<Answer> {
        if let answer { return .done(answer) }
        return .refused(refusal ?? CommandRefusal(.failed, "the gateway's answer was not understood"))
    }
}

/// The answer of a command that has nothing to say but that it was done.
package struct Done: Codable, Equatable, Sendable {
    package init() {}
}
