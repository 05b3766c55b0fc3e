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
        guard try await write(facts, of: link, received) else {
            // The one message whose answer can say "later" (api.md 2.1.2).
            return .init(status: .rejected, currentTime: host.clock.now, interval: Self.unavailableFor)
        }
        host.bus.publish(
            StationBooted(
                link.id, vendor: facts.vendor, model: facts.model, serialNumber: facts.serialNumber,
                firmware: facts.firmware, at: received))
        log(link.id, "BootNotification", "\(facts.vendor) \(facts.model) \(facts.firmware)")
        let pending = Int(settings.pendingInterval.components.seconds)
        if link.station.isRejected { return response(.rejected, pending) }
        guard link.station.isApproved else { return response(.pending, pending) }
        followUp(link)
        link.interval = storm.spread(Int(settings.heartbeat.components.seconds))
        return response(.accepted, link.interval)
    }

    /// False where the database cannot be reached. A database that is only busy, as when all stations come back at once, is waited
    /// for: sending them away for a minute would cost more.
    private func write(_ facts: BootFacts, of link: StationLink, _ received: Date) async throws -> Bool {
        let end = MonotonicInstant.now + Self.patience
        while true {
            do {
                try await host.database.run(.booted(link.id, facts, at: received))
                return true
            } catch let error as DatabaseError where error.isUnavailable {
                guard MonotonicInstant.now < end, link.isOpen else { return false }
                do { try await link.loop.sleep(for: .milliseconds(500)) } catch { return false }
            }
        }
    }

    private func response(
        _ status: V16.RegistrationStatus, _ interval: Int
    ) -> V16.BootNotification.Response {
        .init(status: status, currentTime: host.clock.now, interval: interval)
    }

    /// What is asserted once after each boot, a little later: stations are busy with themselves right then.
    private func followUp(_ link: StationLink) {
        guard !link.isFollowedUp else { return }
        link.isFollowedUp = true
        Task(executorPreference: link.loop) {
            defer { link.isFollowedUp = false }
            do { try await link.loop.sleep(for: Self.followUpDelay) } catch { return }
            await FollowUp(gateway: self, link: link).run()
        }
    }

    private static let followUpDelay = Duration.seconds(2)
    private static let patience = Duration.seconds(10)
    /// Seconds after which a station asks again when its boot could not be written down.
    private static let unavailableFor = 60
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
