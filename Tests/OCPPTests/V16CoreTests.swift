import Core
import FoundationEssentials
import OCPP
import Testing

@Suite struct `The core profile of 1.6` {
    private func read<Action: Call>(_ action: Action.Type, _ text: String) throws -> Action.Request {
        try Action.request(from: JSONDocument(Array(text.utf8)), at: 0)
    }

    private func code<Action: Call>(_ action: Action.Type, _ text: String) -> ErrorCode? {
        do {
            _ = try read(action, text)
            return nil
        } catch {
            return (error as? JSONMistakes).map(ErrorCode.init)
        }
    }

    @Test func `reads readings with the words that we do not know`() throws {
        let request = try read(
            V16.MeterValues.self,
            """
            {"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-11-20T10:30:00","sampledValue":[
             {"value":" 12,5 ","unit":"Hz","measurand":"Energy.Active.Import.Register"},{"value":"1","context":"Odd"}]}]}
            """)
        let value = request.meterValue[0]
        #expect(value.timestamp.hasZone == false)
        #expect(value.sampledValue[0].value == " 12,5 ")
        #expect(value.sampledValue[0].unit == .unknown("Hz"))
        #expect(value.sampledValue[0].measurand == .known(.energyActiveImportRegister))
        #expect(value.sampledValue[1].context == .unknown("Odd"))
    }

    @Test func `names each violation by its OCPP code`() {
        let boot = V16.BootNotification.self
        #expect(code(boot, "{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\"}") == nil)
        #expect(code(boot, "{\"chargePointVendor\":\"V\"}") == .occurrenceViolation)
        #expect(code(boot, "{\"chargePointVendor\":5,\"chargePointModel\":\"M\"}") == .typeViolation)
        let long = String(repeating: "x", count: 21)
        #expect(
            code(boot, "{\"chargePointVendor\":\"\(long)\",\"chargePointModel\":\"M\"}") == .propertyViolation
        )
        #expect(
            code(boot, "{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\",\"x\":1}") == .formatViolation
        )
        #expect(
            code(boot, "{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\",\"iccid\":null}")
                == .typeViolation)
        #expect(code(V16.Heartbeat.self, "{}") == nil)
        #expect(code(V16.Heartbeat.self, "{\"x\":1}") == .formatViolation)
        #expect(
            code(
                V16.StatusNotification.self,
                "{\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":\"Asleep\"}")
                == .propertyViolation)
    }

    @Test func `takes a start without a zone, and refuses one that no calendar knows`() throws {
        let start = try read(
            V16.StartTransaction.self,
            "{\"connectorId\":1,\"idTag\":\"AB12\",\"meterStart\":0,\"timestamp\":\"2026-11-20 10:30:00\"}")
        #expect(start.timestamp.hasZone == false)
        #expect(start.timestamp.text == "2026-11-20 10:30:00")
        #expect(
            code(
                V16.StartTransaction.self,
                "{\"connectorId\":1,\"idTag\":\"AB12\",\"meterStart\":0,\"timestamp\":\"soon\"}")
                == .propertyViolation)
    }

    @Test func `writes answers as the schemas want them`() {
        let boot = V16.BootNotification.Response(
            status: .accepted, currentTime: Date(timeIntervalSince1970: 1_795_170_600), interval: 300)
        #expect(
            JSONWriter.text(boot)
                == "{\"status\":\"Accepted\",\"currentTime\":\"2026-11-20T10:30:00Z\",\"interval\":300}")
        let start = V16.StartTransaction.Response(
            idTagInfo: V16.IdTagInfo(status: .accepted), transactionId: 5)
        #expect(JSONWriter.text(start) == "{\"idTagInfo\":{\"status\":\"Accepted\"},\"transactionId\":5}")
    }

    @Test func `knows which way each action goes`() {
        #expect(V16.Action.allCases.count == 39)
        #expect(V16.Action.allCases.filter(\.isFromStation).count == 14)
        #expect(V16.Action.allCases.filter(\.carriesTransaction).count == 3)
    }
}
