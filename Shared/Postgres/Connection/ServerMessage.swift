internal import CLibPQ

/// What the server says about a failure, without what it says about data.
enum ServerMessage {
    /// Families of conditions whose primary message names objects only; the others may quote a value.
    private static let dataFree: Set<Substring> = [
        "08", "0A", "23", "25", "26", "28", "2B", "34", "3D", "3F", "40", "42", "53", "54", "55", "57", "58",
        "XX",
    ]

    static func error(in result: OpaquePointer, of errand: Errand) -> DatabaseError {
        let state = SQLState(rawValue: field("C", of: result) ?? "XX000")
        let message: String
        if dataFree.contains(state.family) {
            message = field("M", of: result) ?? "The server gave no reason."
        } else if state.family == "P0" {
            message = "The database's own rule refused the statement."
        } else {
            message = "A value is not acceptable (\(state))."
        }
        let constraint = field("n", of: result)
        return errand.error(.refused(state, constraint: constraint), message + place(in: errand, result))
    }

    /// Why there is no connection; only the first line, for the rest are hints.
    static func connection(_ handle: OpaquePointer) -> String {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        return line.isEmpty ? "The connection to the server is gone." : line
    }

    /// The fields are named by characters of the protocol; their macros are not imported.
    private static func field(_ code: Unicode.Scalar, of result: OpaquePointer) -> String? {
        PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
    }

    /// Which line of a script it was.
    private static func place(in errand: Errand, _ result: OpaquePointer) -> String {
        guard case .script(let text) = errand.work, let position = field("P", of: result).flatMap({ Int($0) })
        else { return "" }
        let line = text.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
        return " (line \(line))"
    }
}

extension DatabaseError {
    /// A statement that was prepared before a migration, or that the session has forgotten.
    var asksToPrepareAnew: Bool { state == .featureNotSupported || state == .unknownStatementName }
}
