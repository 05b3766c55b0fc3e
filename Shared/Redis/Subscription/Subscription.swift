import Sockets
import Synchronization

/// What a subscriber hears.
package enum SubscriptionSignal: Sendable {
    case message(SubscriptionMessage)
    /// From here on nothing is missed; said after the first subscription and after each reconnection. What was
    /// published in between is lost: read the log from your cursor now.
    case live
    /// The connection is gone; `live` follows when it is back.
    case lost
}

package struct SubscriptionMessage: Sendable {
    package let channel: String
    package let bytes: [UInt8]
}

/// One subscriber's place; it hears until it cancels.
package final class Subscription: Sendable {
    private let lane: SubscriptionLane
    let number: Int

    init(_ lane: SubscriptionLane, number: Int) {
        self.lane = lane
        self.number = number
    }

    /// Signals that are on their way may still arrive.
    package func cancel() {
        let (lane, number) = (lane, number)
        lane.loop.execute { lane.assumeIsolated { $0.remove(number) } }
    }
}
