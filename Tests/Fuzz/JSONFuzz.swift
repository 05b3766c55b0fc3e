import Core
import FoundationEssentials

/// Any text as JSON: what is accepted is the same after having been written and read again, and every place in it has
/// a name.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    readInto(bytes)
    guard let document = try? JSONDocument(bytes) else { return 0 }
    let value = JSONValue(document)
    let written = JSONWriter.encode(value)
    guard let again = try? JSONDocument(written) else { preconditionFailure("what we write, we cannot read") }
    precondition(JSONValue(again) == value, "a value changed on its way")
    for index in document.tokens.indices {
        look(document, at: index)
    }
    return 0
}

private func look(_ document: JSONDocument, at index: Int) {
    _ = document.integer(at: index)
    _ = document.double(at: index)
    _ = document.time(at: index)
    precondition(document.rawText(of: index).count <= document.bytes.count, "a value is longer than its text")
    // Ways are looked up from the root: only some, or deep documents take their time.
    if index < 64 { _ = document.path(to: index) }
}

private struct Form: Codable, Equatable {
    struct Line: Codable, Equatable {
        var connector_id: Whole<1, 99>
        var since: Date?
        var power: Double?
    }
    enum Kind: String, Codable, CaseIterable { case ac = "AC", dc = "DC" }

    var title: Text<1, 10>
    var short: Bounded<5>?
    var password: Verbatim<0, 20>?
    var kind: Kind?
    var lines: [Line]?
    var note: Patch<String>
    var free: JSONValue?
    var is_enabled: Bool?
    var number: Int32?
}

/// Reading into types: everything may be refused, and what is read may be written.
private func readInto(_ bytes: [UInt8]) {
    for rules in [JSONReadingRules.api, .strict] {
        do throws(JSONMistakes) {
            var form = try JSONReader.decode(Form.self, from: bytes, rules: rules)
            // A number that nothing can hold is read as null, and null is no value.
            if form.free == .null { form.free = nil }
            // Times are written with whole seconds, so that only what was written once stays as it is.
            let once = try JSONReader.decode(Form.self, from: JSONWriter.encode(form), rules: rules)
            let again = try JSONReader.decode(Form.self, from: JSONWriter.encode(once), rules: rules)
            precondition(again == once, "a form changed on its way")
        } catch {
            precondition(!error.all.isEmpty, "a refusal without a reason")
        }
    }
}
