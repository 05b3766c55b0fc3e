import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Sockets

extension Gateway {
    /// A station has started. It may serve unless an operator has turned it away or has still to decide.
    func answer(
        _ boot: V16.BootNotification.Request, from link: StationLink, at received: Date
    ) async throws -> V16.BootNotification.Response {
        let facts = BootFacts(boot)
        try await host.database.run(.booted(link.id, facts, at: received))
        host.bus.publish(
            StationBooted(
                link.id, vendor: facts.vendor, model: facts.model, serialNumber: facts.serialNumber,
                firmware: facts.firmware, at: received))
        log(link.id, "BootNotification", "\(facts.vendor) \(facts.model) \(facts.firmware)")
        if link.station.isRejected { return response(.rejected, settings.pendingInterval) }
        guard link.station.isApproved else { return response(.pending, settings.pendingInterval) }
        followUp(link)
        return response(.accepted, settings.heartbeat)
    }

    private func response(
        _ status: V16.RegistrationStatus, _ interval: Duration
    ) -> V16.BootNotification.Response {
        .init(status: status, currentTime: host.clock.now, interval: Int(interval.components.seconds))
    }

    /// What is asserted once after each boot, a little later: stations are busy with themselves right then.
    private func followUp(_ link: StationLink) {
        link.isFollowedUp = true
        Task(executorPreference: link.loop) {
            do { try await link.loop.sleep(for: Self.followUpDelay) } catch { return }
            await FollowUp(gateway: self, link: link).run()
        }
    }

    private static let followUpDelay = Duration.seconds(2)
}

/// What a station says of itself, in our words; what it leaves out is empty.
struct BootFacts: Equatable, Sendable {
    let vendor: String
    let model: String
    let serialNumber: String
    let firmware: String

    init(_ boot: V16.BootNotification.Request) {
        vendor = boot.chargePointVendor.text
        model = boot.chargePointModel.text
        serialNumber = boot.chargePointSerialNumber?.text ?? boot.chargeBoxSerialNumber?.text ?? ""
        firmware = boot.firmwareVersion?.text ?? ""
    }
}

extension Query where Result == Void {
    fileprivate static func booted(_ id: ChargePointID, _ facts: BootFacts, at now: Date) -> Self {
        """
        INSERT INTO gateway.station AS known (charge_point_id, vendor, model, serial_number, firmware_version, booted_at)
        VALUES (\(id.text), \(facts.vendor), \(facts.model), \(facts.serialNumber), \(facts.firmware), \(now))
        ON CONFLICT (charge_point_id) DO UPDATE
        SET vendor = excluded.vendor, model = excluded.model, serial_number = excluded.serial_number,
            firmware_version = excluded.firmware_version, booted_at = excluded.booted_at
        """
    }
}
