package import Core

/// Say that an unknown StopTransaction belongs to this session: it amends the session, and the bill follows.
package struct AttachOrphan: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "review.attach-orphan"

    package var orphan: ID<OrphanStop>
    package var chargePoint: ChargePointID
    package var session: ID<ChargingSession>
    package var note: String?

    package init(
        _ orphan: ID<OrphanStop>, of chargePoint: ChargePointID, to session: ID<ChargingSession>,
        note: String? = nil
    ) {
        self.orphan = orphan
        self.chargePoint = chargePoint
        self.session = session
        self.note = note
    }

    package var receiver: CommandReceiver { .any }
}

/// Say that an unknown StopTransaction belongs to nothing.
package struct DismissOrphan: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "review.dismiss-orphan"

    package var orphan: ID<OrphanStop>
    package var chargePoint: ChargePointID
    package var note: String?

    package init(_ orphan: ID<OrphanStop>, of chargePoint: ChargePointID, note: String? = nil) {
        self.orphan = orphan
        self.chargePoint = chargePoint
        self.note = note
    }

    package var receiver: CommandReceiver { .any }
}

/// Say that a quarantined frame needs no more attention.
package struct DismissFrame: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "review.dismiss-frame"

    package var frame: ID<QuarantinedFrame>
    package var chargePoint: ChargePointID
    package var note: String?

    package init(_ frame: ID<QuarantinedFrame>, of chargePoint: ChargePointID, note: String? = nil) {
        self.frame = frame
        self.chargePoint = chargePoint
        self.note = note
    }

    package var receiver: CommandReceiver { .any }
}

/// Accept a doubtful reading or throw it out.
package struct ReviewReading: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "review.reading"

    package var reading: ID<MeterReading>
    package var chargePoint: ChargePointID
    package var isGood: Bool
    package var note: String?

    package init(
        _ reading: ID<MeterReading>, of chargePoint: ChargePointID, isGood: Bool, note: String? = nil
    ) {
        self.reading = reading
        self.chargePoint = chargePoint
        self.isGood = isGood
        self.note = note
    }

    package var receiver: CommandReceiver { .any }
}
