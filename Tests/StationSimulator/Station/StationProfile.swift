package import Core
package import OCPP

/// What kind of station is simulated, and who stands in front of it.
package struct StationProfile: Sendable {
    package var vendor = "VoltBus"
    package var model = "Simulator"
    package var serialNumber: String?
    package var firmware = "1.0.0"
    package var connectors = 1
    /// Seconds between meter values, until the central system says otherwise.
    package var sampleInterval = 60
    /// Watts that a car draws.
    package var power = 11_000.0
    /// The meter's register at the start.
    package var register = Energy(wattHours: 1_000)
    package var pace = StationClock.Pace.running(speed: 1)
    package var world = Clock.system
    package var manners = Manners.good
    /// A driver is at hand: the cable goes in as soon as a remote start waits for it, and out when the session ends.
    package var hasDriver = true
    /// Whether the connection is opened again when it is lost.
    package var reconnects = true
    /// The wait before the first attempt to connect again; doubled with each, up to sixty times as much.
    package var reconnectDelay = Duration.seconds(1)
    /// How long a call of the station waits for its answer.
    package var patience = Duration.seconds(30)
    /// Frames that the log keeps.
    package var loggedFrames = 10_000
    /// Sees each frame as it passes, on the station's loop.
    package var onFrame: (@Sendable (WireLog.Entry) -> Void)?
    /// Hears when the connection comes and goes, on the station's loop.
    package var onConnection: (@Sendable (ConnectionEvent) -> Void)?
    /// Whether a stuck cable comes free when it is asked to.
    package var unlocks = true
    /// Whether remote commands to start and stop are obeyed.
    package var obeys = true
    /// How many tags of its local list one message may bring; nil for a station that keeps no list.
    package var tagsInMessage: Int?

    package init() {}
}

/// What became of a station's connection.
package enum ConnectionEvent: Sendable {
    case opened
    case lost(String)
    case failed(String, nextIn: Duration)
}

/// Why a call of the station got no result.
package enum CallFailure: Error, Equatable, Sendable {
    case refused(CallError)
    /// The answer is not what its schema says.
    case unreadable(JSONMistakes)
    case noAnswer
    case disconnected
}
