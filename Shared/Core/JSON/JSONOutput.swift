package import FoundationEssentials

/// JSON being written by hand, for the hot paths: commas come by themselves, everything else is the caller's.
package struct JSONOutput {
    package var bytes: [UInt8]
    private var needsComma = false

    /// - Parameter bytes: what is there already; the JSON is appended.
    package init(appendingTo bytes: consuming [UInt8] = []) {
        self.bytes = bytes
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    /// The name of the member whose value is written next.
    @_disfavoredOverload
    package mutating func name(_ name: String) {
        separate()
        JSONEscape.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() { literal("null") }
    package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    private mutating func literal(_ word: StaticString) {
        separate()
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    package mutating func string(_ text: String) {
        separate()
        JSONEscape.append(text, to: &bytes)
    }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(digitsOf: UInt64(value.magnitude))
    }

    /// The name of the member whose value is written next; one of ours, which needs no escapes.
    package mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func append(digitsOf value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(truncatingIfNeeded: UInt64(UInt8(ascii: "0")) + value / divisor % 10))
            divisor /= 10
        }
    }

    /// A number with a fraction. JSON has no words for infinity and not-a-number: they become null.
    package mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        // From 2^53 on the digits of a whole number would say more than the Double knows.
        if abs(value) < 9_007_199_254_740_992, let whole = Int64(exactly: value) { return integer(whole) }
        separate()
        bytes.append(contentsOf: Array(value.description.utf8))
    }

    /// RFC 3339 in UTC with whole seconds.
    package mutating func date(_ date: Date) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        Timestamp.append(date, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// JSON that was written or checked already.
    package mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }
}
