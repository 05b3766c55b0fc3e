import Core

extension EInvoice {
    /// Cross Industry Invoice D16B, as EN 16931-3-3 binds it; the form that Factur-X and ZUGFeRD put into a PDF.
    var cii: [UInt8] {
        let names = "urn:un:unece:uncefact:data:standard"
        return XML(
            "rsm:CrossIndustryInvoice", (name: "xmlns:rsm", value: "\(names):CrossIndustryInvoice:100"),
            (
                name: "xmlns:ram",
                value: "\(names):ReusableAggregateBusinessInformationEntity:100"
            ),
            (name: "xmlns:udt", value: "\(names):UnqualifiedDataType:100")
        ) {
            XML("rsm:ExchangedDocumentContext") {
                XML("ram:GuidelineSpecifiedDocumentContextParameter") { XML("ram:ID", Self.guideline) }
            }
            XML("rsm:ExchangedDocument") {
                XML("ram:ID", number)
                XML("ram:TypeCode", isCreditNote ? "381" : "380")
                XML("ram:IssueDateTime") { date(issued) }
            }
            XML("rsm:SupplyChainTradeTransaction") {
                lines.enumerated().map { index, line in ciiLine(line, index + 1) }
                XML("ram:ApplicableHeaderTradeAgreement") {
                    ciiParty("ram:SellerTradeParty", seller, isSeller: true)
                    ciiParty("ram:BuyerTradeParty", buyer, isSeller: false)
                }
                delivery
                settlement
            }
        }.document
    }

    private func date(_ day: CalendarDay) -> XML {
        XML("udt:DateTimeString", day.text.filter { $0 != "-" }, (name: "format", value: "102"))
    }

    private var delivery: XML {
        guard let supplied else { return XML("ram:ApplicableHeaderTradeDelivery", "") }
        return XML("ram:ApplicableHeaderTradeDelivery") {
            XML("ram:ActualDeliverySupplyChainEvent") { XML("ram:OccurrenceDateTime") { date(supplied) } }
        }
    }

    private var settlement: XML {
        XML("ram:ApplicableHeaderTradeSettlement") {
            XML("ram:InvoiceCurrencyCode", currency)
            XML("ram:SpecifiedTradeSettlementPaymentMeans") {
                XML("ram:TypeCode", meansCode)
                XML("ram:Information", meansText)
            }
            XML("ram:ApplicableTradeTax") {
                XML("ram:CalculatedAmount", vat)
                XML("ram:TypeCode", "VAT")
                XML("ram:BasisAmount", net)
                XML("ram:CategoryCode", category)
                XML("ram:RateApplicablePercent", rate)
            }
            allowances.map { allowance in
                XML("ram:SpecifiedTradeAllowanceCharge") {
                    XML("ram:ChargeIndicator") { XML("udt:Indicator", "false") }
                    XML("ram:ActualAmount", allowance.amount)
                    XML("ram:ReasonCode", "95")
                    XML("ram:Reason", allowance.reason)
                    tax("ram:CategoryTradeTax")
                }
            }
            XML("ram:SpecifiedTradeSettlementHeaderMonetarySummation") {
                XML("ram:LineTotalAmount", lineTotal)
                if !allowances.isEmpty { XML("ram:AllowanceTotalAmount", allowanceTotal) }
                XML("ram:TaxBasisTotalAmount", net)
                XML("ram:TaxTotalAmount", vat, (name: "currencyID", value: currency))
                XML("ram:GrandTotalAmount", gross)
                XML("ram:TotalPrepaidAmount", gross)
                XML("ram:DuePayableAmount", "0.00")
            }
            if let preceding {
                XML("ram:InvoiceReferencedDocument") { XML("ram:IssuerAssignedID", preceding) }
            }
        }
    }

    private func tax(_ name: String) -> XML {
        XML(name) {
            XML("ram:TypeCode", "VAT")
            XML("ram:CategoryCode", category)
            XML("ram:RateApplicablePercent", rate)
        }
    }

    private func ciiParty(_ name: String, _ party: Party, isSeller: Bool) -> XML {
        XML(name) {
            XML("ram:Name", party.name)
            if !party.taxID.isEmpty, !party.isVATNumber {
                XML("ram:SpecifiedLegalOrganization") { XML("ram:ID", party.taxID) }
            }
            XML("ram:PostalTradeAddress") {
                if !party.postcode.isEmpty { XML("ram:PostcodeCode", party.postcode) }
                if !party.street.isEmpty { XML("ram:LineOne", party.street) }
                if !party.city.isEmpty { XML("ram:CityName", party.city) }
                if !party.country.isEmpty { XML("ram:CountryID", party.country) }
            }
            if !party.taxID.isEmpty, isSeller || party.isVATNumber {
                XML("ram:SpecifiedTaxRegistration") {
                    XML("ram:ID", party.taxID, (name: "schemeID", value: party.isVATNumber ? "VA" : "FC"))
                }
            }
        }
    }

    private func ciiLine(_ line: Line, _ number: Int) -> XML {
        let unit = (name: "unitCode", value: line.unit)
        return XML("ram:IncludedSupplyChainTradeLineItem") {
            XML("ram:AssociatedDocumentLineDocument") { XML("ram:LineID", String(number)) }
            XML("ram:SpecifiedTradeProduct") { XML("ram:Name", line.name) }
            XML("ram:SpecifiedLineTradeAgreement") {
                XML("ram:NetPriceProductTradePrice") {
                    // The price of the whole quantity: that of one unit would have to be rounded.
                    XML("ram:ChargeAmount", line.net)
                    if !line.isOfNothing { XML("ram:BasisQuantity", line.quantity, unit) }
                }
            }
            XML("ram:SpecifiedLineTradeDelivery") { XML("ram:BilledQuantity", line.quantity, unit) }
            XML("ram:SpecifiedLineTradeSettlement") {
                tax("ram:ApplicableTradeTax")
                XML("ram:SpecifiedTradeSettlementLineMonetarySummation") {
                    XML("ram:LineTotalAmount", line.net)
                }
            }
        }
    }
}
