package import Sockets

/// The loops that tests share; they live as long as the process.
package enum TestLoops {
    package static let shared: EventLoops = {
        do { return try EventLoops(count: 2, name: "test") } catch { preconditionFailure("\(error)") }
    }()
}
