import Core

/// Writes frames straight into a connection's output.
package enum FrameWriter {
    package static func call(
        _ id: String, _ action: String, _ payload: some Encodable, to bytes: inout [UInt8]
    ) {
        open(2, id, &bytes)
        comma(&bytes)
        JSONWriter.append(action, to: &bytes)
        comma(&bytes)
        JSONWriter.append(payload, to: &bytes)
        close(&bytes)
    }

    /// A call whose payload is JSON already: what an operator gave in complete form.
    package static func call(
        _ id: String, _ action: String, rawPayload: some Collection<UInt8>, to bytes: inout [UInt8]
    ) {
        open(2, id, &bytes)
        comma(&bytes)
        JSONWriter.append(action, to: &bytes)
        comma(&bytes)
        bytes.append(contentsOf: rawPayload)
        close(&bytes)
    }

    package static func result(_ id: String, _ payload: some Encodable, to bytes: inout [UInt8]) {
        open(3, id, &bytes)
        comma(&bytes)
        JSONWriter.append(payload, to: &bytes)
        close(&bytes)
    }

    /// - Parameter id: nil for a frame whose id could not be read (OCPP-J 2.0.1 §4.2.3 says `"-1"`; 1.6 says nothing).
    package static func error(
        _ id: String?, _ code: ErrorCode, _ description: String, version: OCPPVersion, to bytes: inout [UInt8]
    ) {
        open(4, id ?? "-1", &bytes)
        comma(&bytes)
        JSONWriter.append(code.word(in: version), to: &bytes)
        comma(&bytes)
        JSONWriter.append(Bounded<255>(cutting: description), to: &bytes)
        bytes.append(contentsOf: Array(",{}".utf8))
        close(&bytes)
    }

    private static func open(_ kind: UInt8, _ id: String, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        bytes.append(UInt8(ascii: "0") + kind)
        comma(&bytes)
        JSONWriter.append(id, to: &bytes)
    }

    private static func comma(_ bytes: inout [UInt8]) { bytes.append(UInt8(ascii: ",")) }
    private static func close(_ bytes: inout [UInt8]) { bytes.append(UInt8(ascii: "]")) }
}
