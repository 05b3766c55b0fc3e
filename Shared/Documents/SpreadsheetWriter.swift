package import Compression
package import FoundationEssentials

/// Writes a spreadsheet (XLSX, ECMA-376) of one sheet, row by row: what a call adds is appended to `output`, and the caller
/// may take it away between calls. No cell of it is a formula.
package struct SpreadsheetWriter {
    package struct Column: Sendable {
        package var title: String
        /// In characters.
        package var width: Int

        package init(_ title: String, width: Int = 14) {
            self.title = title
            self.width = width
        }
    }

    package enum Cell: Equatable, Sendable {
        case nothing
        case text(String)
        case count(Int64)
        /// A decimal text such as `12.40`, shown with two places.
        case decimal(String)
        /// On the clock of the zone that the document is written for.
        case moment(Date, TimeZone)
    }

    /// What a sheet can hold, its head included.
    package static let mostRows = 1_048_576
    /// What a cell can hold.
    private static let longestText = 32_767

    private var zip = ZIPWriter(level: 3)
    private let modified: Date
    private var row = 0

    package init(
        sheet: String, _ columns: [Column], modified: Date, to output: inout [UInt8]
    ) throws(CompressionError) {
        self.modified = modified
        for (name, text) in Self.parts(sheet) {
            try zip.add(name, Array(text.utf8), modified: modified, to: &output)
        }
        try zip.begin("xl/worksheets/sheet1.xml", modified: modified, to: &output)
        var head = """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView \
            workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>\
            </sheetViews><cols>
            """
        for (index, column) in columns.enumerated() {
            head +=
                "<col min=\"\(index + 1)\" max=\"\(index + 1)\" width=\"\(column.width)\" customWidth=\"1\"/>"
        }
        append(head + "</cols><sheetData>", to: &output)
        add(columns.map { .text($0.title) }, style: 1, to: &output)
    }

    /// How many rows it still can hold.
    package var room: Int { Self.mostRows - row }

    package mutating func add(_ cells: [Cell], to output: inout [UInt8]) {
        add(cells, style: 0, to: &output)
    }

    package mutating func finish(to output: inout [UInt8]) {
        append("</sheetData></worksheet>", to: &output)
        zip.end(to: &output)
        zip.finish(to: &output)
    }

    private mutating func add(_ cells: [Cell], style: Int, to output: inout [UInt8]) {
        precondition(room > 0, "a sheet has no more rows than that")
        row += 1
        var text = "<row r=\"\(row)\">"
        for (index, cell) in cells.enumerated() {
            let place = "\(Self.letters(index))\(row)"
            switch cell {
            case .nothing: break
            case .text(let value):
                text += "<c r=\"\(place)\" s=\"\(style)\" t=\"inlineStr\"><is><t xml:space=\"preserve\">"
                text += Self.escaped(value)
                text += "</t></is></c>"
            case .count(let number): text += "<c r=\"\(place)\" s=\"2\"><v>\(number)</v></c>"
            case .decimal(let number): text += "<c r=\"\(place)\" s=\"3\"><v>\(number)</v></c>"
            case .moment(let date, let zone):
                // Days since the end of 1899, as the clock on the wall has them.
                let local = date.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: date))
                text += "<c r=\"\(place)\" s=\"4\"><v>\(local / 86_400 + 25_569)</v></c>"
            }
        }
        append(text + "</row>", to: &output)
    }

    private mutating func append(_ text: String, to output: inout [UInt8]) {
        let bytes = Array(text.utf8)
        zip.append(bytes.span, to: &output)
    }

    private static func letters(_ index: Int) -> String {
        let letter = String(UnicodeScalar(UInt8(65 + index % 26)))
        return index < 26 ? letter : letters(index / 26 - 1) + letter
    }

    /// Without what XML 1.0 cannot say.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars.prefix(longestText) {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\t", "\n": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": escaped.unicodeScalars.append("\u{FFFD}")
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func parts(_ sheet: String) -> [(String, String)] {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        let package = "http://schemas.openxmlformats.org/package/2006"
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        let type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        return [
            (
                "[Content_Types].xml",
                head + """
                    <Types xmlns="\(package)/content-types"><Default Extension="rels" \
                    ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" \
                    ContentType="application/xml"/><Override PartName="/xl/workbook.xml" \
                    ContentType="\(type).sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" \
                    ContentType="\(type).worksheet+xml"/><Override PartName="/xl/styles.xml" \
                    ContentType="\(type).styles+xml"/></Types>
                    """
            ),
            (
                "_rels/.rels",
                head + """
                    <Relationships xmlns="\(package)/relationships"><Relationship Id="rId1" \
                    Type="\(office)/officeDocument" Target="xl/workbook.xml"/></Relationships>
                    """
            ),
            (
                "xl/workbook.xml",
                head + """
                    <workbook xmlns="\(main)" xmlns:r="\(office)"><sheets><sheet name="\(sheetName(sheet))" \
                    sheetId="1" r:id="rId1"/></sheets></workbook>
                    """
            ),
            (
                "xl/_rels/workbook.xml.rels",
                head + """
                    <Relationships xmlns="\(package)/relationships"><Relationship Id="rId1" \
                    Type="\(office)/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" \
                    Type="\(office)/styles" Target="styles.xml"/></Relationships>
                    """
            ),
            (
                "xl/styles.xml",
                head + """
                    <styleSheet xmlns="\(main)"><numFmts count="1"><numFmt numFmtId="164" \
                    formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts><fonts count="2"><font><sz val="11"/>\
                    <name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
                    <fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill \
                    patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs \
                    count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf fontId="1" applyFont="1"/><xf \
                    numFmtId="3" applyNumberFormat="1"/><xf numFmtId="4" applyNumberFormat="1"/><xf \
                    numFmtId="164" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle \
                    name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
                    """
            ),
        ]
    }

    /// At most 31 characters, none of which a formula would read as its own.
    private static func sheetName(_ name: String) -> String {
        let plain = name.filter { !"[]:*?/\\'\"".contains($0) }
        return escaped(String(plain.prefix(31)))
    }
}
