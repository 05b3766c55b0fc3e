import BillingService
import Core
import Crypto
import FoundationEssentials
import HTTP
import Postgres
import Settings
import Synchronization
import TestSupport
import Testing

@Suite struct `Redsys` {
    private static func count(_ redsys: RedsysServer, _ type: String) -> Int {
        redsys.done.withLock { done in done.count { $0.type == type } }
    }

    @Test(.house) func `charges a token without its holder, once`() async throws {
        try await RedsysServer.open { house, redsys in
            let anna = try await house.person("anna")
            try await house.save("token_1", of: anna)
            let session = try await house.unpaidSession(of: anna)

            try await house.payments()
            try await house.payments()

            let view = try await house.view(session, as: anna)
            #expect(view["payment_billed"] == 525 && view["payment_error"] == "")
            #expect(
                redsys.done.withLock { $0 } == [
                    .init(order: "1200", type: "0", amount: "525", response: "0000")
                ])
            let asked = redsys.asked.withLock { $0.first }
            #expect(asked?["DS_MERCHANT_IDENTIFIER"] == "token_1")
            #expect(asked?["DS_MERCHANT_DIRECTPAYMENT"] == "true" && asked?["DS_MERCHANT_EXCEP_SIT"] == "MIT")
            #expect(asked?["DS_MERCHANT_CURRENCY"] == "978" && asked?["DS_MERCHANT_TERMINAL"] == "1")
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `says why it refuses, and is asked again by the usual pauses`() async throws {
        try await RedsysServer.open { house, _ in
            let anna = try await house.person("anna")
            try await house.save("no_1", of: anna)
            let session = try await house.unpaidSession(of: anna)

            try await house.payments()

            #expect(try await house.view(session, as: anna)["payment_error"] == "refused: 0190")
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["fail_count"] } == [1])
        }
    }

    /// Charged, and the answer lost; or never arrived at all.
    @Test(.house, arguments: ["mute", "lost"])
    func `is asked what became of a charge whose answer never came, and never charges twice`(
        fate: String
    ) async throws {
        try await RedsysServer.open { house, redsys in
            let anna = try await house.person("anna")
            try await house.save("\(fate)_1", of: anna)
            let session = try await house.unpaidSession(of: anna)

            try await house.payments()
            let before = try await house.orders(of: session, as: anna)
            try await house.payments()
            let after = try await house.orders(of: session, as: anna)

            #expect(before.map { $0["is_completed"] } == [false])
            let isMute = fate == "mute"
            #expect(after.first?["result"] == .string(isMute ? "0000" : "closed without response"))
            #expect(Self.count(redsys, "0") == (isMute ? 1 : 0))
            #expect(try await house.entries(of: anna) == (isMute ? [-525] : []))
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is asked with growing pauses while it says nothing`() async throws {
        try await RedsysServer.open { house, redsys in
            let anna = try await house.person("anna")
            try await house.save("mute_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            redsys.isSilent.withLock { $0 = true }

            for _ in 0..<6 { try await house.payments() }
            #expect(redsys.questions.withLock { $0 } == 3)
            redsys.isSilent.withLock { $0 = false }
            for _ in 0..<5 { try await house.payments() }

            #expect(Self.count(redsys, "0") == 1)
            #expect(try await house.view(session, as: anna)["payment_billed"] == 525)
            #expect(try await house.entries(of: anna) == [-525])
        }
    }

    @Test(.house, arguments: [RedsysServer.Fate.mute, .lost])
    func `gives back once, whatever became of the answer`(fate: RedsysServer.Fate) async throws {
        try await RedsysServer.open { house, redsys in
            let anna = try await house.person("anna")
            let boss = try await house.person("boss", role: "operator")
            try await house.save("token_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            try await house.payments()
            func refund(_ amount: Int64) async throws -> Answer {
                try await house.call(
                    .post, "/payment/refund/\(session)", as: boss, ["amount": .integer(amount)])
            }
            // Of the same sum, and known: it is not taken for the one whose answer is missing.
            #expect(try await refund(200).status == 200)
            redsys.refund.withLock { $0 = fate }

            let silent = try await refund(200)
            redsys.refund.withLock { $0 = .answered }
            try await house.payments()

            #expect(silent.status == 503 && silent.code == 3005)
            #expect(Self.count(redsys, "3") == 2)
            #expect(try await house.view(session, as: anna)["refund_amount"] == 400)
            #expect(try await house.entries(of: anna) == [-525, 200, 200])
            #expect(try await house.booksAgree())
        }
    }

    /// The key of order 1200 was made with another program: `openssl enc -des-ede3-cbc -nopad`, a vector of zeros.
    @Test(.house) func `gets a form that only we can have signed`() async throws {
        try await RedsysServer.open { house, _ in
            let anna = try await house.person("anna")

            let order = try await house.call(
                .post, "/payment/order", as: anna,
                [
                    "mode": "web", "return_url_ok": "https://app.example/ok",
                    "return_url_ko": "https://app.example/ko",
                ])

            let form = order.json["form_fields"]
            let parameters = try #require(form?["Ds_MerchantParameters"]?.text)
            let key = try #require(Hex.bytes("a30f0c4827fae5af"))
            #expect(order.json["order"] == 1200)
            #expect(order.json["form_url"]?.text?.hasSuffix("/sis/realizarPago") == true)
            #expect(form?["Ds_SignatureVersion"] == "HMAC_SHA256_V1")
            #expect(
                form?["Ds_Signature"]?.text
                    == Base64.standard.text(HMAC.sha256(Array(parameters.utf8), key: key)))
            let fields = try RedsysServer.fields(parameters)
            #expect(fields["DS_MERCHANT_ORDER"] == "1200" && fields["DS_MERCHANT_AMOUNT"] == "0")
            #expect(fields["DS_MERCHANT_IDENTIFIER"] == "REQUIRED" && fields["DS_MERCHANT_COF_INI"] == "S")
            #expect(fields["DS_MERCHANT_MERCHANTURL"]?.text?.hasSuffix("/api/v1/payment/notify") == true)
            #expect(fields["DS_MERCHANT_URLOK"] == "https://app.example/ok")
        }
    }

    @Test func `does not charge before it has a shop and a key`() {
        let needed = [
            "DATABASE_URL": "postgres://u:p@db/voltbus", "REDIS_URL": "redis://redis",
            "SECRET_KEY": String(repeating: "k", count: 32), "PAYMENT_PROVIDER": "redsys",
        ]

        let error = #expect(throws: BadSettings.self) { try BillingSettings(environment: needed) }

        #expect(error?.description.contains("REDSYS_MERCHANT_CODE") == true)
        #expect(error?.description.contains("REDSYS_SECRET_KEY") == true)
    }
}

/// About order 1200, of the shop 999008881, signed by another program (Python's hmac over openssl's triple DES).
@Suite struct `Redsys's word about an order` {
    private static let head =
        "eyJEc19EYXRlIjoiMjAlMkYxMSUyRjIwMjYiLCJEc19Ib3VyIjoiMTAlM0EzMCIsIkRzX1NlY3VyZVBheW1lbnQiOiIxIiwiRHNfQW1vdW50Ijoi"
    private static let approved = (
        head
            + "MCIsIkRzX0N1cnJlbmN5IjoiOTc4IiwiRHNfT3JkZXIiOiIxMjAwIiwiRHNfTWVyY2hhbnRDb2RlIjoiOTk5MDA4ODgxIiwiRHNfVGVybWluYWwiOiIwMDEiLCJEc19SZXNwb25zZSI6IjAwMDAiLCJEc19UcmFuc2FjdGlvblR5cGUiOiIwIiwiRHNfTWVyY2hhbnREYXRhIjoiIiwiRHNfQXV0aG9yaXNhdGlvbkNvZGUiOiIxMjM0NTYiLCJEc19FeHBpcnlEYXRlIjoiMzAxMiIsIkRzX01lcmNoYW50X0lkZW50aWZpZXIiOiJ0b2tlbl9vZl9hbm5hIiwiRHNfTWVyY2hhbnRfQ29mX1R4bmlkIjoiMjEwNTEyMzQ1Njc4OTAxIiwiRHNfQ2FyZF9Db3VudHJ5IjoiNzI0In0=",
        "lWcyGmtA9LsvrnonFlKLjSMtIcnziLu2WloWpPaUHH4="
    )
    private static let refused = (
        head
            + "MCIsIkRzX0N1cnJlbmN5IjoiOTc4IiwiRHNfT3JkZXIiOiIxMjAwIiwiRHNfTWVyY2hhbnRDb2RlIjoiOTk5MDA4ODgxIiwiRHNfVGVybWluYWwiOiIwMDEiLCJEc19SZXNwb25zZSI6IjAxOTAiLCJEc19UcmFuc2FjdGlvblR5cGUiOiIwIiwiRHNfTWVyY2hhbnREYXRhIjoiIiwiRHNfQXV0aG9yaXNhdGlvbkNvZGUiOiIxMjM0NTYiLCJEc19FeHBpcnlEYXRlIjoiMzAxMiIsIkRzX01lcmNoYW50X0lkZW50aWZpZXIiOiJ0b2tlbl9vZl9hbm5hIiwiRHNfTWVyY2hhbnRfQ29mX1R4bmlkIjoiMjEwNTEyMzQ1Njc4OTAxIiwiRHNfQ2FyZF9Db3VudHJ5IjoiNzI0In0=",
        "pm8gvxgcV8vjORNm3U6Vt69s518LsYFzY_FG5MCqU6M="
    )
    private static let othersShop = (
        head
            + "MCIsIkRzX0N1cnJlbmN5IjoiOTc4IiwiRHNfT3JkZXIiOiIxMjAwIiwiRHNfTWVyY2hhbnRDb2RlIjoiMTExMTExMTExIiwiRHNfVGVybWluYWwiOiIwMDEiLCJEc19SZXNwb25zZSI6IjAwMDAiLCJEc19UcmFuc2FjdGlvblR5cGUiOiIwIiwiRHNfTWVyY2hhbnREYXRhIjoiIiwiRHNfQXV0aG9yaXNhdGlvbkNvZGUiOiIxMjM0NTYiLCJEc19FeHBpcnlEYXRlIjoiMzAxMiIsIkRzX01lcmNoYW50X0lkZW50aWZpZXIiOiJ0b2tlbl9vZl9hbm5hIiwiRHNfTWVyY2hhbnRfQ29mX1R4bmlkIjoiMjEwNTEyMzQ1Njc4OTAxIiwiRHNfQ2FyZF9Db3VudHJ5IjoiNzI0In0=",
        "Z79-mtoypK7x1IpSJsdQ61mo_v6DEkIol2TYYd0BQr0="
    )

    private static func tell(_ house: BillingHouse, _ word: (String, String)) async throws -> Answer {
        let body =
            "Ds_SignatureVersion=HMAC_SHA256_V1&Ds_MerchantParameters=\(word.0.replacing("=", with: "%3D"))"
            + "&Ds_Signature=\(word.1.replacing("=", with: "%3D"))"
        return try await house.send(
            .post, "/payment/notify", Array(body.utf8),
            [("Content-Type", "application/x-www-form-urlencoded")])
    }

    @Test(.house) func `stores the card that was entered on its page, once`() async throws {
        try await RedsysServer.open { house, _ in
            let anna = try await house.person("anna")
            _ = try await house.call(.post, "/payment/order", as: anna, ["mode": "web"])

            let first = try await Self.tell(house, Self.approved)
            let again = try await Self.tell(house, Self.approved)

            #expect(first.status == 200 && again.status == 200)
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["identifier"] } == ["token_of_anna"])
            #expect(cards.first?["expiry_date"] == "12/30")
            #expect(cards.first?["merchant_cof_txnid"] == "210512345678901")
            let order = try await house.call(.get, "/payment/orders/1200", as: anna).json
            #expect(order["is_completed"] == true && order["result"] == "0000")
        }
    }

    /// Less, nothing, or more than was ordered: what counts is what was paid.
    @Test(
        .house,
        arguments: [("400", 400, [-400]), ("0", 0, []), ("600", 600, [-600, 75])]
            as [(String, Int64, [Int64])])
    func `credits what was paid, and operators see what was ordered`(
        paid: String, billed: Int64, entries: [Int64]
    ) async throws {
        try await RedsysServer.open { house, _ in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            _ = try await house.call(
                .post, "/payment/order", as: anna, ["transaction_id": .integer(session), "mode": "web"])

            for _ in 0..<2 {
                let told = try await house.send(
                    .post, "/payment/notify", try RedsysServer.notice(of: 1_200, paid: paid),
                    [("Content-Type", "application/x-www-form-urlencoded")])
                #expect(told.status == 200)
            }
            #expect(try await house.view(session, as: anna)["payment_billed"] == .integer(billed))
            try await house.payments()

            #expect(try await house.entries(of: anna) == entries)
            let lines: [String] = try await house.owner.run(
                "SELECT text FROM billing_view.pay_log WHERE level = 'warning' ORDER BY text LIMIT 10")
            let line = "order 1200 of user \(anna.id): \(paid) minor units were paid, 525 were ordered"
            #expect(lines.contains(line))
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is not believed when it was changed, or is about another shop`() async throws {
        try await RedsysServer.open { house, _ in
            let anna = try await house.person("anna")
            _ = try await house.call(.post, "/payment/order", as: anna, ["mode": "web"])

            for word in [(Self.refused.0, Self.approved.1), (Self.approved.0, ""), Self.othersShop] {
                let answer = try await Self.tell(house, word)
                #expect(answer.status == 401 && answer.code == 3006)
            }
            #expect(try await house.notify(#"{"order":1200,"result":"0000"}"#).status == 401)

            #expect(try await house.call(.get, "/payment/methods", as: anna).items == [])
            #expect(try await Self.tell(house, Self.refused).status == 200)
            let order = try await house.call(.get, "/payment/orders/1200", as: anna).json
            #expect(order["result"] == "0190")
        }
    }
}
