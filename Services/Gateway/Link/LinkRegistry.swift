import Contracts
import Sockets
import Synchronization

/// Which station is held by which link of this gateway; the newer connection wins.
final class LinkRegistry: Sendable {
    private let links = Mutex<[ChargePointID: StationLink]>([:])

    /// False when a newer connection is here already. An older one is let go.
    func put(_ link: StationLink) -> Bool {
        let older: StationLink?
        do {
            let (isNewest, replaced) = links.withLock { links -> (Bool, StationLink?) in
                if let known = links[link.id], known.generation > link.generation { return (false, nil) }
                return (true, links.updateValue(link, forKey: link.id))
            }
            guard isNewest else { return false }
            older = replaced
        }
        if let older, older !== link { letGo(older) }
        return true
    }

    /// False for a link whose place another has taken: its late end changes nothing.
    func remove(_ link: StationLink) -> Bool {
        links.withLock { links in
            guard links[link.id] === link else { return false }
            links[link.id] = nil
            return true
        }
    }

    /// Lets go of a connection that is older than one at another gateway.
    func yield(_ id: ChargePointID, to generation: Int64) {
        guard let link = self[id], link.generation < generation else { return }
        letGo(link)
    }

    private func letGo(_ link: StationLink) {
        link.loop.execute { link.retire("a newer connection has taken over") }
    }

    subscript(id: ChargePointID) -> StationLink? { links.withLock { $0[id] } }

    var all: [StationLink] { links.withLock { Array($0.values) } }

    var count: Int { links.withLock { $0.count } }
}
