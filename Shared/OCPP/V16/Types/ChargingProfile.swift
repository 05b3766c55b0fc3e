package import Core

extension V16 {
    /// How much a station may draw, and when. OCPP 1.6 edition 2, §7.
    package struct ChargingProfile: Codable, Equatable, Sendable {
        package var chargingProfileId: Int
        package var transactionId: Int?
        package var stackLevel: Int
        package var chargingProfilePurpose: ChargingProfilePurpose
        package var chargingProfileKind: ChargingProfileKind
        package var recurrencyKind: RecurrencyKind?
        package var validFrom: Timestamp?
        package var validTo: Timestamp?
        package var chargingSchedule: ChargingSchedule

        package init(
            chargingProfileId: Int, transactionId: Int? = nil, stackLevel: Int,
            chargingProfilePurpose: ChargingProfilePurpose, chargingProfileKind: ChargingProfileKind,
            recurrencyKind: RecurrencyKind? = nil, validFrom: Timestamp? = nil, validTo: Timestamp? = nil,
            chargingSchedule: ChargingSchedule
        ) {
            self.chargingProfileId = chargingProfileId
            self.transactionId = transactionId
            self.stackLevel = stackLevel
            self.chargingProfilePurpose = chargingProfilePurpose
            self.chargingProfileKind = chargingProfileKind
            self.recurrencyKind = recurrencyKind
            self.validFrom = validFrom
            self.validTo = validTo
            self.chargingSchedule = chargingSchedule
        }
    }

    /// The limits of a profile in order of time. OCPP 1.6 edition 2, §7.
    package struct ChargingSchedule: Codable, Equatable, Sendable {
        package var duration: Int?
        package var startSchedule: Timestamp?
        package var chargingRateUnit: ChargingRateUnit
        package var chargingSchedulePeriod: [ChargingSchedulePeriod]
        package var minChargingRate: Tenths?

        package init(
            duration: Int? = nil, startSchedule: Timestamp? = nil, chargingRateUnit: ChargingRateUnit,
            chargingSchedulePeriod: [ChargingSchedulePeriod], minChargingRate: Tenths? = nil
        ) {
            self.duration = duration
            self.startSchedule = startSchedule
            self.chargingRateUnit = chargingRateUnit
            self.chargingSchedulePeriod = chargingSchedulePeriod
            self.minChargingRate = minChargingRate
        }
    }

    /// One limit and the second of the schedule from which it holds. OCPP 1.6 edition 2, §7.
    package struct ChargingSchedulePeriod: Codable, Equatable, Sendable {
        package var startPeriod: Int
        package var limit: Tenths
        package var numberPhases: Int?

        package init(startPeriod: Int, limit: Tenths, numberPhases: Int? = nil) {
            self.startPeriod = startPeriod
            self.limit = limit
            self.numberPhases = numberPhases
        }
    }

    /// What a profile limits: the whole station, any session, or this one. OCPP 1.6 edition 2, §7.
    package enum ChargingProfilePurpose: String, Codable, CaseIterable, Sendable {
        case chargePointMaxProfile = "ChargePointMaxProfile"
        case txDefaultProfile = "TxDefaultProfile"
        case txProfile = "TxProfile"
    }

    /// From when a schedule counts. OCPP 1.6 edition 2, §7.
    package enum ChargingProfileKind: String, Codable, CaseIterable, Sendable {
        case absolute = "Absolute"
        case recurring = "Recurring"
        case relative = "Relative"
    }

    /// How often a recurring schedule begins anew. OCPP 1.6 edition 2, §7.
    package enum RecurrencyKind: String, Codable, CaseIterable, Sendable {
        case daily = "Daily"
        case weekly = "Weekly"
    }

    /// Whether the limits of a schedule are amperes per phase or watts in all. OCPP 1.6 edition 2, §7.
    package enum ChargingRateUnit: String, Codable, CaseIterable, Sendable {
        case ampere = "A"
        case watt = "W"
    }
}
