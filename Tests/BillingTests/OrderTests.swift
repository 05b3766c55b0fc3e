import Core
import Crypto
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

@Suite struct `A payment order` {
    @Test(.house, .fact(67)) func `is the next number, and closes the one before it`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            let body: JSONValue = ["transaction_id": .integer(session)]

            let first = try await house.call(.post, "/payment/order", as: anna, body)
            let second = try await house.call(.post, "/payment/order", as: anna, body)

            #expect(first.json["order"] == 1200)
            #expect(first.json["amount"] == 525)
            #expect(first.json["is_completed"] == false)
            #expect(first.json["time_closed"] == "0001-01-01T00:00:00Z")
            #expect(first.json["kind"] == "charging")
            #expect(second.json["order"] == 1201)
            let closed = try await house.call(.get, "/payment/orders/1200", as: anna)
            #expect(closed.json["is_completed"] == true)
            #expect(closed.json["result"] == "closed without response")
            #expect(closed.json["time_closed"] == "2026-11-20T10:30:00Z")
        }
    }

    @Test(.house, .fact(70)) func `is its owner's alone`() async throws {
        try await BillingHouse.open { house in
            let (anna, berta) = (try await house.person("anna"), try await house.person("berta"))
            let boss = try await house.person("boss", role: "operator")
            try await house.save("card_1", of: anna)
            let session = try await house.unpaidSession(of: anna)
            let order = try await house.call(
                .post, "/payment/order", as: anna,
                ["transaction_id": .integer(session), "identifier": "card_1", "amount": 100])
            func place(_ body: JSONValue) async throws -> Answer {
                try await house.call(.post, "/payment/order", as: berta, body)
            }

            let stolen = try await place(["order": 1200])
            #expect(stolen.status == 403)
            #expect(stolen.code == 3007)
            #expect(try await place(["identifier": "card_1"]).code == 3007)
            #expect(try await place(["transaction_id": .integer(session)]).status == 404)
            #expect(try await house.call(.get, "/payment/orders/1200", as: berta).status == 404)
            #expect(try await house.call(.get, "/payment/orders", as: berta).items.isEmpty)
            let seen = try await house.call(.get, "/payment/orders/1200", as: boss)
            #expect(seen.json["identifier"] == "")
            #expect(seen.json["user_name"] == "anna")
            #expect(order.json["identifier"] == "card_1")
            let all = try await house.call(.get, "/payment/orders?all=true", as: boss)
            #expect(all.items.map { $0["order"] } == [1200])
            let none = try await house.call(.get, "/payment/orders?transaction_id=99", as: boss)
            #expect(none.items.isEmpty)
        }
    }

    @Test(.house) func `can be changed while it is open`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            func place(_ more: [String: JSONValue]) async throws -> Answer {
                let body = more.merging(["transaction_id": .integer(session)]) { $1 }
                return try await house.call(.post, "/payment/order", as: anna, .object(body))
            }

            _ = try await place([:])
            let changed = try await place(["order": 1200, "amount": 200, "currency": "978"])
            #expect(changed.json["order"] == 1200)
            #expect(changed.json["amount"] == 200)

            #expect(try await place(["amount": 526]).status == 400)
            #expect(try await place(["currency": "USD"]).code == 3001)
            #expect(try await place(["order": 4711]).status == 404)
            _ = try await house.notify(#"{"order":1200,"result":"0000","identifier":"card_1"}"#)
            let late = try await place(["order": 1200, "amount": 1])
            #expect(late.status == 409)
            #expect(late.code == 3008)
            #expect(try await place([:]).json["amount"] == 325)
        }
    }

    @Test(.house) func `is paid on the provider's page, which leads back to the shop`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            let order = try await house.call(
                .post, "/payment/order", as: anna,
                [
                    "transaction_id": .integer(session), "mode": "web",
                    "return_url_ok": "https://shop.example/ok", "return_url_ko": "https://shop.example/ko",
                ])
            let form: [(String, String)] = [("Content-Type", "application/x-www-form-urlencoded")]

            let page = try await house.call(.get, "/payment/sandbox/1200")
            let refused = try await house.send(
                .post, "/payment/sandbox/1200", Array("decision=perhaps".utf8), form)
            let approved = try await house.send(
                .post, "/payment/sandbox/1200", Array("decision=approve".utf8), form)
            let again = try await house.send(
                .post, "/payment/sandbox/1200", Array("decision=approve".utf8), form)

            #expect(order.json["form_url"] == "http://localhost/api/v1/payment/sandbox/1200")
            #expect(order.json["form_fields"]?["amount"] == "525")
            #expect(page.status == 200)
            #expect(page.headers["Content-Type"]?.hasPrefix("text/html") == true)
            #expect(refused.status == 400)
            #expect(approved.status == 303)
            #expect(approved.headers["Location"] == "https://shop.example/ok")
            #expect(again.status == 409)
            #expect(again.code == 3008)
            #expect(try await house.view(session, as: anna)["payment_billed"] == 525)
            #expect(try await house.call(.get, "/payment/sandbox/4711").status == 404)
        }
    }

    @Test(.house, arguments: ["javascript:alert(1)", "//shop.example", "https://", "ftp://shop.example/"])
    func `leads back to nothing but a web address`(link: String) async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")

            let answer = try await house.call(
                .post, "/payment/order", as: anna, ["mode": "web", "return_url_ok": .string(link)])

            #expect(answer.status == 400)
            #expect(answer.json["errors"]?["return_url_ok"] != nil)
        }
    }

    @Test(.house) func `of no session keeps a card, and gives back at once what tried it`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            _ = try await house.call(.post, "/payment/order", as: anna, ["amount": 100])

            let told = try await house.notify(#"{"order":1200,"result":"0000","identifier":"card_new"}"#)

            #expect(told.status == 200)
            let cards = try await house.call(.get, "/payment/methods", as: anna).items
            #expect(cards.map { $0["identifier"] } == ["card_new"])
            let order = try await house.call(.get, "/payment/orders/1200", as: anna)
            #expect(order.json["kind"] == "enrolment")
            #expect(order.json["refund_amount"] == 100)
            #expect(try await house.entries(of: anna) == [])
        }
    }
}

@Suite struct `A provider's notification` {
    @Test(.house) func `counts once, and only with the provider's signature`() async throws {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            _ = try await house.call(
                .post, "/payment/order", as: anna, ["transaction_id": .integer(session)])
            let message = #"{"order":1200,"result":"0000","identifier":"card_1"}"#

            let forged = try await house.notify(message, secret: "another secret")
            #expect(forged.status == 401)
            #expect(forged.code == 3006)
            #expect(try await house.send(.post, "/payment/notify", Array(message.utf8), []).code == 3006)
            #expect(try await house.view(session, as: anna)["payment_billed"] == 0)

            for _ in 0..<3 {
                let told = try await house.notify(message)
                #expect(told.json == ["status_code": 0, "status_message": "ok"])
            }
            #expect(try await house.notify(#"{"order":1200,"result":"0190"}"#).status == 200)

            let view = try await house.view(session, as: anna)
            #expect(view["payment_billed"] == 525)
            #expect(view["payment_order"] == 1200)
            #expect(try await house.entries(of: anna) == [-525])
            #expect(try await house.balance(of: anna) == 0)
            #expect(try await house.notify(#"{"order":4711,"result":"0000"}"#).status == 404)
            #expect(try await house.notify("{").status == 400)
            #expect(try await house.booksAgree())
        }
    }

    @Test(.house) func `is signed with a key made from SECRET_KEY where no other is set`() async throws {
        try await BillingHouse.open(["PAYMENT_SANDBOX_SECRET": ""]) { house in
            let anna = try await house.person("anna")
            _ = try await house.call(.post, "/payment/order", as: anna, [:])
            let message = Array(#"{"order":1200,"result":"0000","identifier":"card_1"}"#.utf8)
            let key = try KeyRing(secretKey: BillingHouse.secretKey).key(for: .paymentNotifications)

            let told = try await house.send(
                .post, "/payment/notify", message,
                [("X-Signature", Hex.text(HMAC.sha256(message, key: key)))])

            #expect(told.status == 200)
            #expect(try await house.call(.get, "/payment/methods", as: anna).items.count == 1)
        }
    }

    /// Somebody pays on the page of an order that was closed meanwhile, and for the session a second time by the next one.
    @Test(.house) func `of a closed order that was paid after all counts, and what is too much goes back`()
        async throws
    {
        try await BillingHouse.open { house in
            let anna = try await house.person("anna")
            let session = try await house.unpaidSession(of: anna)
            for _ in 0..<2 {
                _ = try await house.call(
                    .post, "/payment/order", as: anna, ["transaction_id": .integer(session)])
            }

            _ = try await house.notify(#"{"order":1201,"result":"0000","identifier":"card_1"}"#)
            _ = try await house.notify(#"{"order":1200,"result":"0000","identifier":"card_1"}"#)
            #expect(try await house.view(session, as: anna)["payment_billed"] == 1_050)
            try await house.payments()

            #expect(try await house.view(session, as: anna)["refund_amount"] == 525)
            #expect(try await house.entries(of: anna) == [-525, -525, 525])
            #expect(try await house.booksAgree())
            try await house.payments()
            #expect(try await house.entries(of: anna) == [-525, -525, 525])
        }
    }
}
