package import FoundationEssentials

/// Who holds a station's socket: what `vb:presence:<id>` says.
package struct Presence: Equatable, Sendable {
    package var gateway: InstanceName
    /// Higher than that of every earlier connection of the station; a lower one never wins against it.
    package var generation: Int64
    /// The last sign of life that was written, at most a minute old.
    package var seenAt: Date

    package init(gateway: InstanceName, generation: Int64, seenAt: Date) {
        self.gateway = gateway
        self.generation = generation
        self.seenAt = seenAt
    }
}
