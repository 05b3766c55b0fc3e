package import Contracts
package import Postgres

/// As text, so that services bind and read identities like any other value.
extension ChargePointID: PostgresValue {
    package static var postgresType: PostgresType { .text }

    package func encode(into bytes: inout [UInt8]) { text.encode(into: &bytes) }

    package init(_ cell: Cell) throws(CellError) {
        guard let value = Self(try String(cell)) else {
            throw CellError("it is no identity of a charge point")
        }
        self = value
    }
}

extension InstanceName: PostgresValue {
    package static var postgresType: PostgresType { .text }

    package func encode(into bytes: inout [UInt8]) { text.encode(into: &bytes) }

    package init(_ cell: Cell) throws(CellError) { self.init(stored: try String(cell)) }
}

extension Service: PostgresValue {}
