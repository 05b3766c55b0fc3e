package import Core

// A station repeats a transaction message until it is confirmed. When its schema refuses one, what can still be read is
// stored, the rest goes to quarantine, and the message is confirmed. These are the readable remains: every field is
// optional, a list may be a single object, a number may be text and text a number, and what is not known is passed over.

extension V16.StartTransaction {
    /// What is left of a start that its schema refuses.
    package struct Legible: Equatable, Sendable {
        package var connectorId: Int?
        /// Perhaps longer than a card's number may be; never cut, as the beginning may be another card's.
        package var idTag: String?
        package var meterStart: Int?
        package var reservationId: Int?
        package var timestamp: Timestamp?

        package init(_ document: JSONDocument, at index: Int) {
            let fields = LegibleFields(document, index)
            connectorId = fields.whole("connectorId")
            idTag = fields.text("idTag")
            meterStart = fields.whole("meterStart")
            reservationId = fields.whole("reservationId")
            timestamp = fields.time("timestamp")
        }
    }
}

extension V16.StopTransaction {
    /// What is left of a stop that its schema refuses.
    package struct Legible: Equatable, Sendable {
        package var idTag: String?
        package var meterStop: Int?
        package var timestamp: Timestamp?
        package var transactionId: Int?
        package var reason: Open<V16.StopReason>?
        package var transactionData: [V16.LegibleReading]

        package init(_ document: JSONDocument, at index: Int) {
            let fields = LegibleFields(document, index)
            idTag = fields.text("idTag")
            meterStop = fields.whole("meterStop")
            timestamp = fields.time("timestamp")
            transactionId = fields.whole("transactionId")
            reason = fields.text("reason").map(Open.init)
            transactionData = fields.list("transactionData").map(V16.LegibleReading.init)
        }
    }
}

extension V16.MeterValues {
    /// What is left of readings that their schema refuses.
    package struct Legible: Equatable, Sendable {
        package var connectorId: Int?
        package var transactionId: Int?
        package var meterValue: [V16.LegibleReading]

        package init(_ document: JSONDocument, at index: Int) {
            let fields = LegibleFields(document, index)
            connectorId = fields.whole("connectorId")
            transactionId = fields.whole("transactionId")
            meterValue = fields.list("meterValue").map(V16.LegibleReading.init)
        }
    }
}

extension V16 {
    /// One moment's values of which the time, too, may be unreadable: it is then dated from its receipt.
    package struct LegibleReading: Equatable, Sendable {
        package var timestamp: Timestamp?
        package var sampledValue: [SampledValue]

        fileprivate init(_ fields: LegibleFields) {
            timestamp = fields.time("timestamp")
            sampledValue = fields.list("sampledValue").compactMap(SampledValue.init(legible:))
        }
    }
}

extension V16.SampledValue {
    fileprivate init?(legible fields: LegibleFields) {
        guard let value = fields.text("value") else { return nil }
        self.init(
            value: value, context: fields.text("context").map(Open.init),
            format: fields.text("format").map(Open.init), measurand: fields.text("measurand").map(Open.init),
            phase: fields.text("phase").map(Open.init), location: fields.text("location").map(Open.init),
            unit: fields.text("unit").map(Open.init))
    }
}

/// The members of an object, read with good will.
private struct LegibleFields {
    private let document: JSONDocument
    private let object: Int

    init(_ document: JSONDocument, _ object: Int) {
        self.document = document
        self.object = object
    }

    private func value(_ name: String) -> Int? { document.member(name, of: object) }

    func text(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        return switch document.tokens[value].kind {
        case .string: document.string(at: value)
        case .number: String(decoding: document.rawText(of: value), as: UTF8.self)
        case .object, .array, .true, .false, .null: nil
        }
    }

    func whole(_ name: String) -> Int? {
        guard let value = value(name) else { return nil }
        switch document.tokens[value].kind {
        case .number:
            return document.integer(at: value).map(Int.init)
        case .string: return Int(document.string(at: value).trimmed)
        case .object, .array, .true, .false, .null: return nil
        }
    }

    func time(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp($0) } }

    /// The objects of a list; an object in the place of a list is its only element.
    func list(_ name: String) -> [LegibleFields] {
        guard let value = value(name) else { return [] }
        return switch document.tokens[value].kind {
        case .object: [LegibleFields(document, value)]
        case .array:
            document.elements(of: value).filter { document.tokens[$0].kind == .object }
                .map { LegibleFields(document, $0) }
        case .string, .number, .true, .false, .null: []
        }
    }
}
