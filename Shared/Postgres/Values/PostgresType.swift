/// A type of the server, by its number. Only the built-in ones have fixed numbers; enums and domains get theirs at creation.
package struct PostgresType: Hashable, Sendable, CustomStringConvertible {
    package let oid: UInt32

    package init(oid: UInt32) {
        self.oid = oid
    }

    package static let bool = PostgresType(oid: 16)
    package static let bytea = PostgresType(oid: 17)
    package static let name = PostgresType(oid: 19)
    package static let int8 = PostgresType(oid: 20)
    package static let int2 = PostgresType(oid: 21)
    package static let int4 = PostgresType(oid: 23)
    package static let text = PostgresType(oid: 25)
    package static let oid = PostgresType(oid: 26)
    package static let json = PostgresType(oid: 114)
    package static let float4 = PostgresType(oid: 700)
    package static let float8 = PostgresType(oid: 701)
    package static let unknown = PostgresType(oid: 705)
    package static let bpchar = PostgresType(oid: 1042)
    package static let varchar = PostgresType(oid: 1043)
    package static let date = PostgresType(oid: 1082)
    package static let timestamptz = PostgresType(oid: 1184)
    package static let interval = PostgresType(oid: 1186)
    package static let numeric = PostgresType(oid: 1700)
    package static let uuid = PostgresType(oid: 2950)
    package static let xid8 = PostgresType(oid: 5069)
    package static let jsonb = PostgresType(oid: 3802)

    /// The numbers from here on belong to types that somebody created.
    var isUserDefined: Bool { oid >= 16_384 }

    package var array: PostgresType {
        guard let entry = Self.known.first(where: { $0.type == self }) else {
            preconditionFailure("Arrays of \(self) are not sent.")
        }
        return PostgresType(oid: entry.array)
    }

    package var description: String {
        if let entry = Self.known.first(where: { $0.type == self }) { return entry.name }
        if let entry = Self.known.first(where: { $0.array == oid }) { return "\(entry.name)[]" }
        return "type \(oid)"
    }

    private static let known: [(type: PostgresType, array: UInt32, name: String)] = [
        (.int8, 1016, "int8"), (.text, 1009, "text"), (.timestamptz, 1185, "timestamptz"),
        (.int4, 1007, "int4"),
        (.bool, 1000, "bool"), (.float8, 1022, "float8"), (.jsonb, 3807, "jsonb"), (.bytea, 1001, "bytea"),
        (.numeric, 1231, "numeric"), (.uuid, 2951, "uuid"), (.date, 1182, "date"), (.int2, 1005, "int2"),
        (.interval, 1187, "interval"), (.xid8, 271, "xid8"), (.float4, 1021, "float4"),
        (.varchar, 1015, "varchar"),
        (.bpchar, 1014, "bpchar"), (.name, 1003, "name"), (.json, 199, "json"), (.oid, 1028, "oid"),
    ]
}
