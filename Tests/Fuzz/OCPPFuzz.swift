import Core
import FoundationEssentials
import OCPP

/// Frames of stations: every one is read or refused with a reason, and the quick way reads the same as the ordinary one.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
    let version: OCPPVersion = data[0] & 1 == 0 ? .v16 : .v201
    var reader = OCPPFrameReader()
    do throws(FrameMistake) {
        let frame = try reader.read(bytes, as: version)
        precondition(frame.payloadText.count <= bytes.count, "a payload is longer than its frame")
        read(frame)
    } catch {
        precondition(!error.error.description.isEmpty, "a refusal without a reason")
    }
    if let text = String(validating: bytes, as: UTF8.self) { _ = StationIdentity(path: text) }
    return 0
}

private func read(_ frame: OCPPFrame) {
    compare(V16.Authorize.self, frame)
    compare(V16.BootNotification.self, frame)
    compare(V16.DataTransfer.self, frame)
    compare(V16.Heartbeat.self, frame)
    compare(V16.MeterValues.self, frame)
    compare(V16.StartTransaction.self, frame)
    compare(V16.StatusNotification.self, frame)
    compare(V16.StopTransaction.self, frame)
    compare(V16.GetConfiguration.self, frame)
}

/// Keeps a type from the quick way.
private struct Slowly<Value: Decodable>: Decodable {
    let value: Value
    init(from decoder: any Decoder) throws { value = try Value(from: decoder) }
}

private func compare<Action: OCPPCall>(_ action: Action.Type, _ frame: OCPPFrame) {
    let quick = outcome { () throws(JSONMistakes) in try frame.decode(Action.Request.self) }
    let slow = outcome { () throws(JSONMistakes) in try frame.decode(Slowly<Action.Request>.self).value }
    precondition(quick == slow, "\(action): \(quick) is not \(slow)")
    _ = outcome { () throws(JSONMistakes) in try frame.decode(Action.Response.self) }
}

private func outcome<Value: Codable>(_ read: () throws(JSONMistakes) -> Value) -> String {
    do throws(JSONMistakes) {
        return JSONWriter.text(try read())
    } catch {
        return "refused: \(error)"
    }
}
