/// Rows and columns. A table that crosses pages repeats its head on each, and its totals stay with a row.
package struct Table: Sendable {
    package var columns: [Column]
    package var rows: [[StyledText]]
    /// Set bold below the rows, parted by a line.
    package var totals: [[StyledText]]
    package var look: Look

    /// Rows shorter than the columns are filled with empty cells; what is longer is not printed.
    package init(columns: [Column], rows: [[StyledText]], totals: [[StyledText]] = [], look: Look = Look()) {
        self.columns = columns
        self.rows = rows
        self.totals = totals
        self.look = look
    }

    package struct Column: Sendable {
        /// Nil in every column prints no head.
        package var title: String?
        package var width: Width
        package var alignment: Alignment

        package init(_ title: String? = nil, width: Width = .fit, align alignment: Alignment = .start) {
            self.title = title
            self.width = width
            self.alignment = alignment
        }
    }

    package enum Width: Sendable {
        /// As wide as its widest cell.
        case fit
        case points(Double)
        /// A part of what the other columns leave.
        case share(Double)
    }

    package struct Look: Sendable {
        package var style: TextStyle
        package var hasHairlines: Bool
        /// Above and below the text of each row.
        package var rowPadding: Double
        package var columnGap: Double

        package init(
            style: TextStyle = .body, hasHairlines: Bool = true, rowPadding: Double = 4,
            columnGap: Double = 12
        ) {
            self.style = style
            self.hasHairlines = hasHairlines
            self.rowPadding = rowPadding
            self.columnGap = columnGap
        }
    }
}
