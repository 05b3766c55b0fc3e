import Sockets

/// One request on its way in: its head, and the body as far as it is there.
///
/// Confined to its loop, as its connection is.
final class Incoming {
    let head: RequestHead
    let match: RouteTree.Match
    var reader: BodyReader

    init(_ head: RequestHead, _ match: RouteTree.Match, _ reader: BodyReader) {
        self.head = head
        self.match = match
        self.reader = reader
    }
}

/// One request that is there, and its answer that is not yet.
///
/// Confined to its loop; that is what `@unchecked Sendable` stands for.
final class Exchange: @unchecked Sendable {
    /// How it ended where it did not end with its handler's answer.
    enum End {
        case timedOut
        case clientGone

        var status: Int {
            switch self {
            case .timedOut: Status.gatewayTimeout.rawValue
            case .clientGone: RequestEvent.clientGone
            }
        }
    }

    let head: RequestHead
    let request: Request
    let match: RouteTree.Match
    var end: End?
    var task: Task<Void, Never>?
    var writer: BodyWriter?

    init(_ head: RequestHead, _ request: Request, _ match: RouteTree.Match) {
        self.head = head
        self.request = request
        self.match = match
    }

    var asksForUpgrade: Bool {
        head.headers["Upgrade"] != nil && head.headers.list("Connection").contains("upgrade")
    }

    /// Nobody waits for the handler any more.
    func give(up end: End) {
        self.end = self.end ?? end
        task?.cancel()
        writer?.stop()
    }
}
