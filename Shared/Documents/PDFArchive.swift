import Core
package import FoundationEssentials

/// A printed document with a file inside it, in the form that archives take: PDF/A-3 (ISO 19005-3), of which cairo brings the
/// fonts, and this the rest: metadata, what the colours mean, and the file with its relation to the pages.
package struct PDFArchive: Sendable {
    package var title: String
    package var author: String
    package var created: Date
    package var attachment: Attachment
    /// More of the document's metadata, as elements of RDF.
    package var metadata: String

    package init(
        title: String, author: String, created: Date, attachment: Attachment, metadata: String = ""
    ) {
        self.title = title
        self.author = author
        self.created = created
        self.attachment = attachment
        self.metadata = metadata
    }

    package struct Attachment: Sendable {
        /// Plain letters, digits, dots and hyphens.
        package var name: String
        package var description: String
        /// Such as `text/xml`.
        package var type: String
        package var bytes: [UInt8]

        package init(name: String, description: String, type: String, bytes: [UInt8]) {
            self.name = name
            self.description = description
            self.type = type
            self.bytes = bytes
        }
    }

    private static let tool = "VoltBus"

    /// Nil when the document was not made by the press.
    package func embedded(in pdf: [UInt8]) -> [UInt8]? {
        guard let revision = PDFRevision(pdf) else { return nil }
        let first = revision.size
        let (file, specification, profile, intent, metadata, information) = (
            first, first + 1, first + 2, first + 3, first + 4, first + 5
        )
        let name = Self.text(attachment.name)
        guard
            let catalogue = revision.object(
                revision.root,
                adding: """
                       /Metadata \(metadata) 0 R
                       /OutputIntents [\(intent) 0 R]
                       /AF [\(specification) 0 R]
                       /Names << /EmbeddedFiles << /Names [\(name) \(specification) 0 R] >> >>
                    """)
        else { return nil }
        let moment = Self.moment(created)
        let type = attachment.type.replacing("/", with: "#2F")
        return revision.appending(
            [
                (revision.root, Array(catalogue.utf8)),
                (
                    file,
                    Self.stream(
                        file,
                        "/Type /EmbeddedFile /Subtype /\(type) /Params << /ModDate \(moment) "
                            + "/Size \(attachment.bytes.count) >>", attachment.bytes)
                ),
                (
                    specification,
                    Self.dictionary(
                        specification,
                        "/Type /Filespec /F \(name) /UF \(name) /AFRelationship /Alternative "
                            + "/Desc \(Self.text(attachment.description)) /EF << /F \(file) 0 R /UF \(file) 0 R >>"
                    )
                ),
                (profile, Self.stream(profile, "/N 3", ColourProfile.sRGB)),
                (
                    intent,
                    Self.dictionary(
                        intent,
                        "/Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) "
                            + "/Info (sRGB IEC61966-2.1) /DestOutputProfile \(profile) 0 R")
                ),
                (metadata, Self.stream(metadata, "/Type /Metadata /Subtype /XML", Array(packet.utf8))),
                (
                    information,
                    Self.dictionary(
                        information,
                        "/Title \(Self.text(title)) /Author \(Self.text(author)) /Creator \(Self.text(Self.tool)) "
                            + "/Producer \(Self.text(Self.tool)) /CreationDate \(moment) /ModDate \(moment)")
                ),
            ], information: information, identity: Self.identity(of: pdf, attachment.bytes))
    }

    /// The document's metadata (XMP); what it says is said by the information dictionary, too, and must be the same.
    private var packet: String {
        let moment = Timestamp.text(created)
        return """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
            <pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>
            <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
            <dc:title><rdf:Alt><rdf:li xml:lang="x-default">\(Self.escaped(title))</rdf:li></rdf:Alt></dc:title>
            <dc:creator><rdf:Seq><rdf:li>\(Self.escaped(author))</rdf:li></rdf:Seq></dc:creator></rdf:Description>
            <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreatorTool>\(Self.tool)</xmp:CreatorTool>
            <xmp:CreateDate>\(moment)</xmp:CreateDate><xmp:ModifyDate>\(moment)</xmp:ModifyDate></rdf:Description>
            <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><pdf:Producer>\(Self.tool)</pdf:Producer></rdf:Description>
            \(metadata)
            </rdf:RDF></x:xmpmeta>
            <?xpacket end="r"?>
            """
    }

    private static func dictionary(_ number: Int, _ entries: String) -> [UInt8] {
        Array("\(number) 0 obj\n<< \(entries) >>\n".utf8)
    }

    private static func stream(_ number: Int, _ entries: String, _ bytes: [UInt8]) -> [UInt8] {
        Array("\(number) 0 obj\n<< \(entries) /Length \(bytes.count) >>\nstream\n".utf8) + bytes
            + Array("\nendstream\n".utf8)
    }

    /// A text string in UTF-16, as hexadecimal digits: nothing in it needs escaping (§7.9.2).
    private static func text(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var hexadecimal = "FEFF"
        for unit in text.utf16 {
            for shift in [12, 8, 4, 0] { hexadecimal.append(digits[Int(unit >> shift & 0xF)]) }
        }
        return "<\(hexadecimal)>"
    }

    private static func moment(_ date: Date) -> String {
        "(D:\(Timestamp.text(date).filter { $0.isASCII && $0.isNumber }.prefix(14))Z)"
    }

    private static func escaped(_ text: String) -> String {
        String(
            text.unicodeScalars.filter { $0.properties.generalCategory != .control }
                .reduce(into: "") { result, scalar in
                    switch scalar {
                    case "&": result += "&amp;"
                    case "<": result += "&lt;"
                    case ">": result += "&gt;"
                    default: result.unicodeScalars.append(scalar)
                    }
                })
    }

    /// Sixteen bytes that tell one document from another, and are the same for the same one (FNV-1a, twice).
    private static func identity(of parts: [UInt8]...) -> String {
        var hashes: [UInt64] = [0xCBF2_9CE4_8422_2325, 0x8422_2325_CBF2_9CE4]
        for byte in parts.joined() {
            for index in hashes.indices { hashes[index] = (hashes[index] ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return hashes.map { hash in
            let digits = String(hash, radix: 16, uppercase: true)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
