internal import CLibPQ

/// The server's answer to one statement, read by whoever asked.
package final class RowSet: @unchecked Sendable {
    // Sendable because a finished PGresult never changes and is freed once, here.
    private let result: OpaquePointer
    private let statement: StatementShape

    init(_ result: OpaquePointer, of statement: StatementShape) {
        self.result = result
        self.statement = statement
    }

    deinit { PQclear(result) }

    package var count: Int { Int(PQntuples(result)) }

    /// How many rows the statement touched, as its command tag says.
    package var affected: Int {
        guard let text = PQcmdTuples(result) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command that ran: `COMMIT` answers `ROLLBACK` when the transaction had failed.
    var command: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    func isNull(row: Int, column: Int) -> Bool {
        PQnfields(result) > column && PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    package func expectOne() throws {
        guard count == 1 else {
            throw DatabaseError(.unexpectedRowCount(count), "Exactly one row was expected.", in: statement)
        }
    }

    package func first<Element: RowDecodable>(_ type: Element.Type) throws -> Element {
        try element(at: 0)
    }

    package func map<Element: RowDecodable>(_ type: Element.Type) throws -> [Element] {
        let rows = Int32(count)
        var elements: [Element] = []
        elements.reserveCapacity(Int(rows))
        for row in 0..<rows {
            elements.append(try element(at: row))
        }
        return elements
    }

    private func element<Element: RowDecodable>(at row: Int32) throws -> Element {
        var cells = Cells(result, row: row)
        do {
            let element = try Element(&cells)
            try cells.expectEnd()
            return element
        } catch let error as DatabaseError {
            throw error.placed(in: statement)
        }
    }
}
