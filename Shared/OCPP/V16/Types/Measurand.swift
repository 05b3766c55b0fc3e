extension V16 {
    /// What a sampled value is a value of; a station that names none means imported energy. OCPP 1.6 edition 2, §7.
    package enum Measurand: String, Codable, CaseIterable, Sendable {
        case energyActiveExportRegister = "Energy.Active.Export.Register"
        case energyActiveImportRegister = "Energy.Active.Import.Register"
        case energyReactiveExportRegister = "Energy.Reactive.Export.Register"
        case energyReactiveImportRegister = "Energy.Reactive.Import.Register"
        case energyActiveExportInterval = "Energy.Active.Export.Interval"
        case energyActiveImportInterval = "Energy.Active.Import.Interval"
        case energyReactiveExportInterval = "Energy.Reactive.Export.Interval"
        case energyReactiveImportInterval = "Energy.Reactive.Import.Interval"
        case powerActiveExport = "Power.Active.Export"
        case powerActiveImport = "Power.Active.Import"
        case powerOffered = "Power.Offered"
        case powerReactiveExport = "Power.Reactive.Export"
        case powerReactiveImport = "Power.Reactive.Import"
        case powerFactor = "Power.Factor"
        case currentImport = "Current.Import"
        case currentExport = "Current.Export"
        case currentOffered = "Current.Offered"
        case voltage = "Voltage"
        case frequency = "Frequency"
        case temperature = "Temperature"
        case stateOfCharge = "SoC"
        case fanSpeed = "RPM"
    }

    /// Why a value was taken; none means periodically. OCPP 1.6 edition 2, §7.
    package enum ReadingContext: String, Codable, CaseIterable, Sendable {
        case interruptionBegin = "Interruption.Begin"
        case interruptionEnd = "Interruption.End"
        case sampleClock = "Sample.Clock"
        case samplePeriodic = "Sample.Periodic"
        case transactionBegin = "Transaction.Begin"
        case transactionEnd = "Transaction.End"
        case trigger = "Trigger"
        case other = "Other"
    }

    /// Whether a value is a number or a meter's signed message. OCPP 1.6 edition 2, §7.
    package enum ValueFormat: String, Codable, CaseIterable, Sendable {
        case raw = "Raw"
        case signedData = "SignedData"
    }

    /// Which wire of the three was measured; none means all together. OCPP 1.6 edition 2, §7.
    package enum Phase: String, Codable, CaseIterable, Sendable {
        case l1 = "L1"
        case l2 = "L2"
        case l3 = "L3"
        case neutral = "N"
        case l1Neutral = "L1-N"
        case l2Neutral = "L2-N"
        case l3Neutral = "L3-N"
        case l1l2 = "L1-L2"
        case l2l3 = "L2-L3"
        case l3l1 = "L3-L1"
    }

    /// Where in the station it was measured; none means at the outlet. OCPP 1.6 edition 2, §7.
    package enum MeterLocation: String, Codable, CaseIterable, Sendable {
        case body = "Body"
        case cable = "Cable"
        case vehicle = "EV"
        case inlet = "Inlet"
        case outlet = "Outlet"
    }

    /// The unit of a sampled value; none means Wh for energy. OCPP 1.6 edition 2, §7.
    package enum UnitOfMeasure: String, Codable, CaseIterable, Sendable {
        case wattHour = "Wh"
        case kilowattHour = "kWh"
        case varHour = "varh"
        case kilovarHour = "kvarh"
        case watt = "W"
        case kilowatt = "kW"
        case voltampere = "VA"
        case kilovoltampere = "kVA"
        case `var` = "var"
        case kilovar = "kvar"
        case ampere = "A"
        case volt = "V"
        case kelvin = "K"
        // The schema has both spellings, as stations have.
        case celcius = "Celcius"
        case celsius = "Celsius"
        case fahrenheit = "Fahrenheit"
        case percent = "Percent"
        case hertz = "Hertz"
    }
}
