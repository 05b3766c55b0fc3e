package import Core

/// One action of one version: what is asked and what is answered.
package protocol OCPPCall: Sendable {
    associatedtype Action: OCPPAction
    associatedtype Request: Codable & Equatable & Sendable
    associatedtype Response: Codable & Equatable & Sendable

    static var action: Action { get }

    /// How the payloads become JSON. What is answered a million times an hour writes itself by hand.
    static func write(_ request: Request, into bytes: inout [UInt8])
    static func write(_ response: Response, into bytes: inout [UInt8])
}

extension OCPPCall {
    package static func write(_ request: Request, into bytes: inout [UInt8]) {
        JSONWriter.append(request, to: &bytes)
    }

    package static func write(_ response: Response, into bytes: inout [UInt8]) {
        JSONWriter.append(response, to: &bytes)
    }
}

/// The payload of a message that says all by its name.
package struct NoFields: Codable, Equatable, Sendable {
    package init() {}

    private enum Name: CodingKey {}

    // Opens the object, though it wants nothing of it, so that members that are there are refused.
    package init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: Name.self)
    }

    package func encode(to encoder: any Encoder) throws {
        _ = encoder.container(keyedBy: Name.self)
    }
}

extension NoFields: JSONFastDecodable {
    package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        try JSONMemberCursor(document, at: index).finish()
    }
}
