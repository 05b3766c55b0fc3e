/// What one row of an answer can be read into: a `Row`, or a single value.
package protocol RowDecodable: QueryResult, SendableMetatype {
    /// Takes its cells from left to right.
    init(_ cells: inout Cells) throws

    /// Whether it is one cell, so that an optional of it may stand for NULL.
    static var isSingleValue: Bool { get }
}

extension RowDecodable {
    package static var isSingleValue: Bool { false }
}

/// A typed row that names its columns once, in the order in which it reads them.
package protocol Row: RowDecodable {
    static var columns: String { get }
}
