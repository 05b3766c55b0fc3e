import Core

extension EInvoice {
    /// Universal Business Language 2.1, as EN 16931-3-2 binds it.
    var ubl: [UInt8] {
        let kind = isCreditNote ? "CreditNote" : "Invoice"
        let names = "urn:oasis:names:specification:ubl:schema:xsd"
        return XML(
            kind, (name: "xmlns", value: "\(names):\(kind)-2"),
            (name: "xmlns:cac", value: "\(names):CommonAggregateComponents-2"),
            (name: "xmlns:cbc", value: "\(names):CommonBasicComponents-2")
        ) {
            XML("cbc:CustomizationID", Self.guideline)
            XML("cbc:ID", number)
            XML("cbc:IssueDate", issued.text)
            XML("cbc:\(kind)TypeCode", isCreditNote ? "381" : "380")
            XML("cbc:DocumentCurrencyCode", currency)
            if let preceding {
                XML("cac:BillingReference") {
                    XML("cac:InvoiceDocumentReference") { XML("cbc:ID", preceding) }
                }
            }
            XML("cac:AccountingSupplierParty") { ublParty(seller, isSeller: true) }
            XML("cac:AccountingCustomerParty") { ublParty(buyer, isSeller: false) }
            if let supplied {
                XML("cac:Delivery") { XML("cbc:ActualDeliveryDate", supplied.text) }
            }
            XML("cac:PaymentMeans") {
                XML("cbc:PaymentMeansCode", meansCode, (name: "name", value: meansText))
            }
            allowances.map { allowance in
                XML("cac:AllowanceCharge") {
                    XML("cbc:ChargeIndicator", "false")
                    XML("cbc:AllowanceChargeReasonCode", "95")
                    XML("cbc:AllowanceChargeReason", allowance.reason)
                    amount("cbc:Amount", allowance.amount)
                    taxCategory("cac:TaxCategory")
                }
            }
            XML("cac:TaxTotal") {
                amount("cbc:TaxAmount", vat)
                XML("cac:TaxSubtotal") {
                    amount("cbc:TaxableAmount", net)
                    amount("cbc:TaxAmount", vat)
                    taxCategory("cac:TaxCategory")
                }
            }
            XML("cac:LegalMonetaryTotal") {
                amount("cbc:LineExtensionAmount", lineTotal)
                amount("cbc:TaxExclusiveAmount", net)
                amount("cbc:TaxInclusiveAmount", gross)
                if !allowances.isEmpty { amount("cbc:AllowanceTotalAmount", allowanceTotal) }
                amount("cbc:PrepaidAmount", gross)
                amount("cbc:PayableAmount", "0.00")
            }
            lines.enumerated().map { index, line in ublLine(line, index + 1, kind) }
        }.document
    }

    private func amount(_ name: String, _ text: String) -> XML {
        XML(name, text, (name: "currencyID", value: currency))
    }

    private func taxCategory(_ name: String) -> XML {
        XML(name) {
            XML("cbc:ID", category)
            XML("cbc:Percent", rate)
            XML("cac:TaxScheme") { XML("cbc:ID", "VAT") }
        }
    }

    private func ublParty(_ party: Party, isSeller: Bool) -> XML {
        XML("cac:Party") {
            XML("cac:PostalAddress") {
                if !party.street.isEmpty { XML("cbc:StreetName", party.street) }
                if !party.city.isEmpty { XML("cbc:CityName", party.city) }
                if !party.postcode.isEmpty { XML("cbc:PostalZone", party.postcode) }
                if !party.country.isEmpty {
                    XML("cac:Country") { XML("cbc:IdentificationCode", party.country) }
                }
            }
            // Of a buyer EN 16931 knows VAT numbers alone here.
            if !party.taxID.isEmpty, isSeller || party.isVATNumber {
                XML("cac:PartyTaxScheme") {
                    XML("cbc:CompanyID", party.taxID)
                    XML("cac:TaxScheme") { XML("cbc:ID", party.isVATNumber ? "VAT" : "TAX") }
                }
            }
            XML("cac:PartyLegalEntity") {
                XML("cbc:RegistrationName", party.name)
                if !party.taxID.isEmpty, !party.isVATNumber { XML("cbc:CompanyID", party.taxID) }
            }
        }
    }

    private func ublLine(_ line: Line, _ number: Int, _ kind: String) -> XML {
        let unit = (name: "unitCode", value: line.unit)
        return XML("cac:\(kind)Line") {
            XML("cbc:ID", String(number))
            XML(isCreditNote ? "cbc:CreditedQuantity" : "cbc:InvoicedQuantity", line.quantity, unit)
            amount("cbc:LineExtensionAmount", line.net)
            XML("cac:Item") {
                XML("cbc:Name", line.name)
                taxCategory("cac:ClassifiedTaxCategory")
            }
            XML("cac:Price") {
                // The price of the whole quantity: that of one unit would have to be rounded.
                amount("cbc:PriceAmount", line.net)
                if !line.isOfNothing { XML("cbc:BaseQuantity", line.quantity, unit) }
            }
        }
    }
}
