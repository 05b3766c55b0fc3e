import Core
import Documents

/// An invoice as billing prints it, with names from several scripts.
func sampleInvoice(lines: Int = 3) -> PDFDocument {
    PDFDocument(
        title: "Invoice VB2026/000001", author: "VoltBus", language: "en",
        created: moment("2026-11-20T10:30:00Z"),
        footer: .init(
            "VoltBus s.r.o. · Žižkova 12, 130 00 Praha 3 · CZ12345678", numbering: "Page {page} of {pages}"),
        runningHead: "Invoice VB2026/000001"
    ) {
        Block.columns(
            .init(share: 3) {
                Block.title(StyledText("Invoice", TextStyle.title.coloured(.accent)))
                Block.text("VB2026/000001", .strong)
            },
            .init(share: 2) {
                Block.facts(["Issued": "20 November 2026", "Session": "812", "Paid": "by card"])
            })
        Block.space(22)
        Block.columns(
            .init {
                Block.text("SELLER", .label)
                Block.text("VoltBus s.r.o.", .strong)
                Block.text("Žižkova 12\n130 00 Praha 3\nCZ12345678")
            },
            .init {
                Block.text("BUYER", .label)
                Block.text("Zażółć Gęślą-Jaźń", .strong)
                Block.text(
                    "Ελευθερία Παπαδοπούλου, Київська вулиця 7\nأحمد عبد الله\nPřílišžluťoučkýkůňúpělďábelskéódy"
                )
            })
        Block.space(24)
        Block.table(
            Table(
                columns: [
                    .init("Description", width: .share(1)), .init("Quantity", align: .end),
                    .init("Net", align: .end),
                    .init("VAT 8 %", align: .end), .init("Gross, EUR", align: .end),
                ],
                rows: (1...lines).map { line in
                    [
                        "Energy at Náměstí Míru, connector \(line), from 10:30 to 12:00 by the plan “standard”",
                        "15.000 kWh", "4.86", "0.39", "5.25",
                    ]
                },
                totals: [["Total", "", "14.58", "1.17", "15.75"]]))
        Block.space(20)
        Block.panel {
            Block.columns(
                .init(share: 2) {
                    Block.text("How the price came about", .strong)
                    Block.text(
                        "15.000 kWh × 0.35 EUR/kWh = 5.25 EUR\n30 min of 90, 60 free, × 1.20 EUR/h = 0.60 EUR"
                    )
                },
                .init {
                    Block.text("To pay", .label, .end)
                    Block.text("0.00 EUR", TextStyle(size: 15, weight: .bold, colour: .accent), .end)
                })
        }
    }
}
