import Documents
import FoundationEssentials

extension EInvoice {
    /// The printed invoice with its structured form inside: Factur-X 1.0, profile EN 16931. Nil when the print is not one of ours.
    func embedded(in pdf: [UInt8], title: String, issued: Date) -> [UInt8]? {
        PDFArchive(
            title: title, author: seller.name, created: issued,
            attachment: .init(
                name: Self.fileName, description: "Factur-X invoice", type: "text/xml", bytes: cii),
            metadata: Self.metadata
        ).embedded(in: pdf)
    }

    private static let fileName = "factur-x.xml"

    /// What kind of invoice is inside, and, as PDF/A demands, what those words mean.
    private static let metadata: String = {
        func property(_ name: String, _ meaning: String) -> String {
            """
            <rdf:li rdf:parseType="Resource"><pdfaProperty:name>\(name)</pdfaProperty:name>
            <pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
            <pdfaProperty:description>\(meaning)</pdfaProperty:description></rdf:li>
            """
        }
        return """
            <rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
            <fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>\(fileName)</fx:DocumentFileName>
            <fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>
            <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
             xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
            <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
            <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
            <pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
            <pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>
            \(property("DocumentFileName", "The name of the embedded XML document"))
            \(property("DocumentType", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"))
            \(property("Version", "The actual version of the standard applying to the embedded XML document"))
            \(property("ConformanceLevel", "The conformance level of the embedded XML document"))
            </rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
            """
    }()
}
