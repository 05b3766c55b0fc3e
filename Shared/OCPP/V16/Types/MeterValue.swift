package import Core

extension V16 {
    /// What was measured at one moment. OCPP 1.6 edition 2, §7.
    package struct MeterValue: Codable, Equatable, Sendable {
        package var timestamp: Timestamp
        package var sampledValue: [SampledValue]

        package init(timestamp: Timestamp, sampledValue: [SampledValue]) {
            self.timestamp = timestamp
            self.sampledValue = sampledValue
        }
    }

    /// One number of one measurement, as the station wrote it. OCPP 1.6 edition 2, §7.
    package struct SampledValue: Codable, Equatable, Sendable {
        /// The station's own spelling, kept for evidence: what it means is decided by whoever normalises readings.
        package var value: String
        package var context: Open<ReadingContext>?
        package var format: Open<ValueFormat>?
        package var measurand: Open<Measurand>?
        package var phase: Open<Phase>?
        package var location: Open<MeterLocation>?
        package var unit: Open<UnitOfMeasure>?

        package init(
            value: String, context: Open<ReadingContext>? = nil, format: Open<ValueFormat>? = nil,
            measurand: Open<Measurand>? = nil, phase: Open<Phase>? = nil,
            location: Open<MeterLocation>? = nil, unit: Open<UnitOfMeasure>? = nil
        ) {
            self.value = value
            self.context = context
            self.format = format
            self.measurand = measurand
            self.phase = phase
            self.location = location
            self.unit = unit
        }
    }
}
