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

/// Give a station the certificate that it asked for: signed by our authority, or as another has signed it.
package struct SignCertificateRequest: GatewayCommand {
    package static let kind = "review.sign-certificate"

    package struct Answer: Codable, Equatable, Sendable {
        /// What the station said to its certificate.
        package var status: String

        package init(status: String) {
            self.status = status
        }
    }

    package var request: ID<CertificateRequest>
    package var chargePoint: ChargePointID
    /// PEM, the station's own certificate first. Nil: our authority signs.
    package var chain: String?
    package var note: String?

    package init(
        _ request: ID<CertificateRequest>, of chargePoint: ChargePointID, chain: String? = nil,
        note: String? = nil
    ) {
        self.request = request
        self.chargePoint = chargePoint
        self.chain = chain
        self.note = note
    }

    package var receiver: CommandReceiver { .holder(of: chargePoint) }
}

/// Say that a station gets no certificate for what it sent.
package struct RefuseCertificateRequest: GatewayCommand {
    package typealias Answer = Done
    package static let kind = "review.refuse-certificate"

    package var request: ID<CertificateRequest>
    package var chargePoint: ChargePointID
    package var note: String?

    package init(_ request: ID<CertificateRequest>, of chargePoint: ChargePointID, note: String? = nil) {
        self.request = request
        self.chargePoint = chargePoint
        self.note = note
    }

    package var receiver: CommandReceiver { .any }
}
