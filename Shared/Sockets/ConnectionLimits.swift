extension Connection {
    /// How much one connection may hold, and how long a silent peer is believed to be there.
    package struct Limits: Sendable {
        /// Output that waits for the kernel; more, and the peer counts as too slow and is closed.
        package var outputBytes = 8 * 1_024 * 1_024
        /// Above this the producer should pause; `pendingOutput` tells.
        package var highWater = 256 * 1_024
        /// Below this, after having been above `highWater`, the handler hears `drained`.
        package var lowWater = 64 * 1_024
        /// Input that a handler may leave unused until more arrives.
        package var carriedBytes = 512 * 1_024
        /// Connections of one listener on each loop; more wait in the kernel's queue.
        package var connectionsPerLoop = 100_000
        /// Accepted in one turn of a loop, so that a storm of newcomers does not starve those who are there.
        package var acceptsPerTurn = 64
        /// Seconds of silence before the kernel probes the peer, and between probes; it gives up after four.
        package var keepAliveIdleSeconds: Int32 = 60
        package var keepAliveIntervalSeconds: Int32 = 15
        /// How long the last bytes may take to reach the peer after `closeAfterFlush`.
        package var lingerSeconds = 5

        package init() {}
    }
}
