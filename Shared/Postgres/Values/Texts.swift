package import FoundationEssentials

extension String: PostgresValue {
    package static var postgresType: PostgresType { .text }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: utf8)
    }

    /// Text of every kind, the labels of enums among it.
    package init(_ cell: Cell) throws(CellError) {
        var bytes = cell.bytes
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .unknown, .json: break
        case .jsonb: bytes = UnsafeRawBufferPointer(rebasing: try JSONB.content(of: cell))
        case let type where type.isUserDefined: break
        default: throw cell.unexpected
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CellError("it is not UTF-8") }
        self = text
    }
}

extension UUID: PostgresValue {
    package static var postgresType: PostgresType { .uuid }

    package func encode(into bytes: inout [UInt8]) {
        withUnsafeBytes(of: uuid) { bytes.append(contentsOf: $0) }
    }

    package init(_ cell: Cell) throws(CellError) {
        guard cell.type == .uuid, cell.bytes.count == 16 else { throw cell.unexpected }
        self.init(uuid: cell.bytes.loadUnaligned(as: uuid_t.self))
    }
}

/// Octets, the server's `bytea`. A type of its own because an array of `UInt8` would read as an array of numbers.
package struct Octets: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

extension Octets: PostgresValue {
    package static var postgresType: PostgresType { .bytea }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.bytes)
    }

    package init(_ cell: Cell) throws(CellError) {
        guard cell.type == .bytea else { throw cell.unexpected }
        bytes = [UInt8](cell.bytes)
    }
}

/// A JSON text as its bytes, the `jsonb` of the server; Core reads and writes it typed.
package struct JSONB: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The binary form of `jsonb` is its text behind the number of the format, of which there is only one.
    private static let format: UInt8 = 1

    static func content(of cell: Cell) throws(CellError) -> Slice<UnsafeRawBufferPointer> {
        guard cell.bytes.first == format else { throw CellError("its format is unknown") }
        return cell.bytes.dropFirst()
    }
}

extension JSONB: PostgresValue {
    package static var postgresType: PostgresType { .jsonb }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(Self.format)
        bytes.append(contentsOf: self.bytes)
    }

    package init(_ cell: Cell) throws(CellError) {
        switch cell.type {
        case .jsonb: bytes = [UInt8](try Self.content(of: cell))
        case .json: bytes = [UInt8](cell.bytes)
        default: throw cell.unexpected
        }
    }
}
