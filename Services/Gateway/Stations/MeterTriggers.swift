import Core
import Hosting
import OCPP
import Sockets

extension Gateway {
    /// Points whose entry wants it are asked for readings while they charge, so that a driver sees them sooner than the
    /// station would send them.
    func triggerReadings() async {
        while !Task.isCancelled {
            // Cancelled: the loop ends.
            try? await host.sleep(for: settings.meterTrigger)
            for link in links.all {
                link.loop.execute { self.trigger(link) }
            }
        }
    }

    /// Loop thread only.
    private func trigger(_ link: StationLink) {
        guard link.station.wantsTriggers, link.isOpen else { return }
        for connector in link.sessions.keys.sorted() {
            var payload: [UInt8] = []
            V16.TriggerMessage.write(
                .init(requestedMessage: .meterValues, connectorId: connector), into: &payload)
            let asked = payload
            Task(executorPreference: link.loop) { _ = await link.call(.triggerMessage, asked) }
        }
    }
}
