/// A piece of SQL with its values apart: text only ever comes from literals in the source, values only ever become binds.
///
/// Pieces may be put together (`"WHERE \(condition)"`), so a list with optional filters stays one readable statement.
package struct SQL: Sendable {
    package var shape = StatementShape()
    package var binds = Binds()

    package static let nothing = SQL()

    package init() {}
}

/// What makes two statements the same one: which literals they were put together from, and the types of their binds.
///
/// Made of addresses and type identifiers, so the hot path neither builds the text nor hashes it.
package struct StatementShape: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case literal(address: UInt, count: Int)
        case character(Unicode.Scalar)
        case columns(ObjectIdentifier)
        case bind(PostgresType)
    }

    private(set) var pieces: [Piece] = []
    private var columnTypes: [any Row.Type] = []

    init() {}

    mutating func append(_ literal: StaticString) {
        if literal.hasPointerRepresentation {
            guard literal.utf8CodeUnitCount > 0 else { return }
            let address = UInt(bitPattern: literal.utf8Start)
            pieces.append(.literal(address: address, count: literal.utf8CodeUnitCount))
        } else {
            pieces.append(.character(literal.unicodeScalar))
        }
    }

    mutating func append(columnsOf type: any Row.Type) {
        pieces.append(.columns(ObjectIdentifier(type)))
        columnTypes.append(type)
    }

    mutating func append(bind type: PostgresType) {
        pieces.append(.bind(type))
    }

    mutating func append(_ other: StatementShape) {
        pieces.append(contentsOf: other.pieces)
        columnTypes.append(contentsOf: other.columnTypes)
    }

    mutating func reserve(_ count: Int) {
        pieces.reserveCapacity(count)
    }

    /// The statement as the server gets it, with `$1`, `$2` … where values go.
    package var text: String {
        var text = ""
        var binds = 0
        var columns = columnTypes.makeIterator()
        for piece in pieces {
            switch piece {
            case .literal(let address, let count):
                // The address is that of a literal in the program's image, which lives as long as the process.
                let bytes = UnsafeBufferPointer(
                    start: UnsafePointer<UInt8>(bitPattern: address), count: count)
                text += String(decoding: bytes, as: UTF8.self)
            case .character(let scalar):
                text.unicodeScalars.append(scalar)
            case .columns:
                text += columns.next()?.columns ?? ""
            case .bind:
                binds += 1
                text += "$\(binds)"
            }
        }
        return text
    }

    var parameterTypes: [PostgresType] {
        pieces.compactMap { piece in if case .bind(let type) = piece { type } else { nil } }
    }

    package static func == (left: Self, right: Self) -> Bool { left.pieces == right.pieces }

    package func hash(into hasher: inout Hasher) { hasher.combine(pieces) }
}

extension SQL: ExpressibleByStringInterpolation {
    package init(stringLiteral literal: StaticString) {
        shape.append(literal)
    }

    package init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    /// Only literals of the source reach the text: `StaticString` cannot be made from a `String`, so there is nothing to inject into.
    package struct StringInterpolation: StringInterpolationProtocol {
        package fileprivate(set) var sql = SQL()

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.shape.reserve(interpolationCount * 2 + 1)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            sql.shape.append(literal)
        }

        /// A value, which travels beside the statement.
        package mutating func appendInterpolation<Value: PostgresValue>(_ value: Value) {
            sql.shape.append(bind: Value.postgresType)
            sql.binds.append(value)
        }

        /// One column of many rows as an array, for `unnest`.
        package mutating func appendInterpolation<Rows: Collection, Value: PostgresValue>(
            each rows: Rows, _ column: (Rows.Element) -> Value
        ) {
            sql.shape.append(bind: Value.postgresType.array)
            sql.binds.append(each: rows, column)
        }

        /// The columns that a row is read from, in its reading order.
        package mutating func appendInterpolation<Columns: Row>(columns type: Columns.Type) {
            sql.shape.append(columnsOf: type)
        }

        /// A name that a literal in the source spells.
        package mutating func appendInterpolation(raw literal: StaticString) {
            sql.shape.append(literal)
        }

        /// Another piece, with its values.
        package mutating func appendInterpolation(_ piece: SQL) {
            sql.shape.append(piece.shape)
            sql.binds.append(piece.binds)
        }
    }
}

extension SQL {
    package static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum += right
        return sum
    }

    package static func += (left: inout SQL, right: SQL) {
        left.shape.append(right.shape)
        left.binds.append(right.binds)
    }
}

extension Sequence where Element == SQL {
    /// The conditions that hold together: `WHERE \(conditions.joined(by: " AND ", otherwise: "true"))`.
    package func joined(by separator: SQL, otherwise none: SQL) -> SQL {
        var result: SQL?
        for piece in self {
            result = result.map { $0 + separator + piece } ?? piece
        }
        return result ?? none
    }
}
