import Core
import FoundationEssentials
import OCPP
import Testing

/// The payload of a call with these members, read as the gateway reads it.
private func read<Payload: Decodable>(_ type: Payload.Type, _ payload: String) throws -> Payload {
    var reader = OCPPFrameReader()
    return try reader.read(Array(#"[2,"1","Any",\#(payload)]"#.utf8), as: .v16).decode(type)
}

private func code<Payload: Decodable>(_ type: Payload.Type, _ payload: String) -> CallErrorCode? {
    do {
        _ = try read(type, payload)
        return nil
    } catch {
        return (error as? JSONMistakes).map(CallErrorCode.init)
    }
}

@Suite struct `The core profile of 1.6` {
    @Test func `reads readings with words that nobody knows`() throws {
        let request = try read(
            V16.MeterValues.Request.self,
            """
            {"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-11-20T10:30:00","sampledValue":[
             {"value":" 12,5 ","unit":"Hz","measurand":"Energy.Active.Import.Register"},{"value":"1","context":"Odd"}]}]}
            """)

        let value = try #require(request.meterValue.first)
        #expect(!value.timestamp.hasZone)
        #expect(value.sampledValue[0].value == " 12,5 ")
        #expect(value.sampledValue[0].unit == .unknown("Hz"))
        #expect(value.sampledValue[0].measurand == .known(.energyActiveImportRegister))
        #expect(value.sampledValue[1].context == .unknown("Odd"))
    }

    struct Violation: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: @Sendable () -> CallErrorCode?
        let expected: CallErrorCode?

        init<Payload: Decodable & Sendable>(
            _ name: String, _ type: Payload.Type, _ payload: String, _ expected: CallErrorCode?
        ) {
            testDescription = name
            code = { OCPPTests.code(type, payload) }
            self.expected = expected
        }
    }

    static let reading = #"{"timestamp":"2026-11-20T10:30:00Z","sampledValue":[{"value":"1"}]}"#

    static let violations = [
        Violation(
            "nothing wrong", V16.BootNotification.Request.self,
            #"{"chargePointVendor":"V","chargePointModel":"M"}"#, nil),
        Violation(
            "a member missing", V16.BootNotification.Request.self, #"{"chargePointVendor":"V"}"#,
            .occurrenceConstraintViolation),
        Violation(
            "a number for a text", V16.BootNotification.Request.self,
            #"{"chargePointVendor":5,"chargePointModel":"M"}"#, .typeConstraintViolation),
        Violation(
            "a text for a number", V16.UnlockConnector.Request.self, #"{"connectorId":"1"}"#,
            .typeConstraintViolation),
        Violation(
            "a fraction for a whole number", V16.UnlockConnector.Request.self, #"{"connectorId":1.5}"#,
            .typeConstraintViolation),
        Violation(
            "a text too long", V16.Authorize.Request.self, #"{"idTag":"123456789012345678901"}"#,
            .propertyConstraintViolation),
        Violation(
            "a text just short enough", V16.Authorize.Request.self, #"{"idTag":"éééééééééééééééééééé"}"#, nil),
        Violation(
            "a member that nobody knows", V16.Authorize.Request.self, #"{"idTag":"A","x":1}"#,
            .formatViolation),
        Violation(
            "null for an optional member", V16.StopTransaction.Request.self,
            #"{"transactionId":1,"timestamp":"2026-11-20T10:30:00Z","meterStop":1,"idTag":null}"#,
            .typeConstraintViolation),
        Violation("an empty request", V16.Heartbeat.Request.self, "{}", nil),
        Violation("a member in an empty request", V16.Heartbeat.Request.self, #"{"x":1}"#, .formatViolation),
        Violation(
            "an unknown status", V16.StatusNotification.Request.self,
            #"{"connectorId":1,"errorCode":"NoError","status":"Asleep"}"#, .propertyConstraintViolation),
        Violation(
            "an unknown error of a connector", V16.StatusNotification.Request.self,
            #"{"connectorId":1,"errorCode":"Rust","status":"Faulted"}"#, nil),
        Violation(
            "an unknown trigger", V16.TriggerMessage.Request.self, #"{"requestedMessage":"Smile"}"#,
            .propertyConstraintViolation),
        Violation(
            "a time of no calendar", V16.StartTransaction.Request.self,
            #"{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"soon"}"#, .propertyConstraintViolation),
        Violation(
            "a time without a zone", V16.StartTransaction.Request.self,
            #"{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-11-20 10:30:00"}"#, nil),
        Violation(
            "a transaction beyond 64 bits", V16.RemoteStopTransaction.Request.self,
            #"{"transactionId":9223372036854775808}"#, .typeConstraintViolation),
        Violation(
            "no readings", V16.MeterValues.Request.self, #"{"connectorId":1,"meterValue":[]}"#,
            .occurrenceConstraintViolation),
        Violation(
            "a reading without values", V16.MeterValues.Request.self,
            #"{"connectorId":1,"meterValue":[{"timestamp":"2026-11-20T10:30:00Z","sampledValue":[]}]}"#,
            .occurrenceConstraintViolation),
        Violation(
            "readings", V16.MeterValues.Request.self, #"{"connectorId":1,"meterValue":[\#(reading)]}"#, nil),
        Violation(
            "an object for a list of readings", V16.MeterValues.Request.self,
            #"{"connectorId":1,"meterValue":\#(reading)}"#, .typeConstraintViolation),
        Violation(
            "a number for a value", V16.MeterValues.Request.self,
            #"{"connectorId":1,"meterValue":[{"timestamp":"2026-11-20T10:30:00Z","sampledValue":[{"value":1}]}]}"#,
            .typeConstraintViolation),
        Violation(
            "a stop with empty readings", V16.StopTransaction.Request.self,
            #"{"transactionId":1,"timestamp":"2026-11-20T10:30:00Z","meterStop":1,"transactionData":[]}"#, nil
        ),
        Violation(
            "a limit of hundredths", V16.ChargingSchedulePeriod.self, #"{"startPeriod":0,"limit":16.25}"#,
            .propertyConstraintViolation),
        Violation(
            "a limit of tenths", V16.ChargingSchedulePeriod.self, #"{"startPeriod":0,"limit":16.1}"#, nil),
    ]

    @Test(arguments: violations) func `names each violation by its code`(_ violation: Violation) {
        #expect(violation.code() == violation.expected)
    }

    @Test func `names the gravest of several mistakes`() {
        let mistakes = JSONMistakes([
            JSONMistake(.constraint, at: "idTag", "must be at most 20 characters"),
            JSONMistake(.type, at: "connectorId", "must be a whole number"),
            JSONMistake(.missing, at: "meterStart", "is required"),
        ])

        #expect(CallErrorCode(mistakes) == .occurrenceConstraintViolation)
    }

    @Test func `answers in the schemas' words`() {
        let boot = V16.BootNotification.Response(
            status: .accepted, currentTime: Date(timeIntervalSince1970: 1_795_170_600), interval: 300)
        let start = V16.StartTransaction.Response(idTagInfo: .init(status: .accepted), transactionId: 5)

        #expect(
            JSONWriter.text(boot)
                == #"{"status":"Accepted","currentTime":"2026-11-20T10:30:00Z","interval":300}"#)
        #expect(JSONWriter.text(start) == #"{"idTagInfo":{"status":"Accepted"},"transactionId":5}"#)
    }

    @Test func `writes the answer to a heartbeat by hand as it would by its type`() {
        let response = V16.Heartbeat.Response(currentTime: Date(timeIntervalSince1970: 1_795_170_600.7))
        var bytes: [UInt8] = []

        V16.Heartbeat.write(response, into: &bytes)

        #expect(bytes == JSONWriter.encode(response))
    }
}

@Suite struct `A message that must be confirmed though its schema refuses it` {
    private func document(_ payload: String) throws -> JSONDocument { try JSONDocument(Array(payload.utf8)) }

    @Test func `gives its readings from an object in the place of a list`() throws {
        let legible = V16.MeterValues.Legible(
            try document(
                #"{"connectorId":"1","transactionId":null,"meterValue":{"timestamp":"2026-11-20T10:30:00Z","sampledValue":{"value":12.50,"unit":"Wh"}},"x":1}"#
            ), at: 0)

        #expect(legible.connectorId == 1)
        #expect(legible.transactionId == nil)
        #expect(legible.meterValue.first?.sampledValue == [.init(value: "12.50", unit: .known(.wattHour))])
    }

    @Test func `leaves out what cannot be read`() throws {
        let legible = V16.MeterValues.Legible(
            try document(
                #"{"connectorId":1,"transactionId":9223372036854775808,"meterValue":[5,{"timestamp":"soon","sampledValue":[{"unit":"Wh"},{"value":"7"},null]}]}"#
            ), at: 0)

        #expect(legible.transactionId == nil)
        #expect(legible.meterValue.count == 1)
        #expect(legible.meterValue.first?.timestamp == nil)
        #expect(legible.meterValue.first?.sampledValue == [.init(value: "7")])
    }

    @Test func `keeps a card's number whole, however long`() throws {
        let tag = String(repeating: "A", count: 40)
        let legible = V16.StartTransaction.Legible(
            try document(#"{"connectorId":1,"idTag":"\#(tag)","meterStart":12.0,"timestamp":5}"#), at: 0)

        #expect(legible.idTag == tag)
        #expect(legible.meterStart == 12)
        #expect(legible.timestamp == nil)
    }

    @Test func `still says which session a stop ends`() throws {
        let legible = V16.StopTransaction.Legible(
            try document(
                #"{"transactionId":-1,"meterStop":" 1500 ","timestamp":"2026-11-20T10:30:00","reason":"Boredom","transactionData":"none"}"#
            ), at: 0)

        #expect(legible.transactionId == -1)
        #expect(legible.meterStop == 1_500)
        #expect(legible.timestamp?.hasZone == false)
        #expect(legible.reason == .unknown("Boredom"))
        #expect(legible.transactionData.isEmpty)
    }
}
