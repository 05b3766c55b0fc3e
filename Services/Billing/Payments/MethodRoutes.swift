import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres
import Tariff
import Telemetry

struct MethodInput: Codable, Sendable {
    var identifier: Text<1, 255>
    var description: Text<0, 100>?
    /// Masked: at most the last four digits are clear.
    var card_number: Text<0, 30>?
    var card_type: Text<0, 50>?
    var card_brand: Text<0, 50>?
    var card_country: Text<0, 3>?
    /// `MM/YY`
    var expiry_date: Text<0, 5>?
    var is_default: Bool?

    /// Throws: `BillingRefusal`.
    func card(of user: ID<User>) throws(BillingRefusal) -> NewCard {
        let number = card_number?.text ?? ""
        // Whoever sends a whole number has it stored nowhere.
        guard number.utf8.filter({ (0x30...0x39).contains($0) }).count <= 4 else {
            throw .invalid(field: "card_number", "must be masked")
        }
        var expiresOn: CalendarDate?
        if let text = expiry_date?.text, !text.isEmpty {
            guard let expiry = PaymentCard.Expiry(text) else {
                throw .invalid(field: "expiry_date", "must be MM/YY")
            }
            expiresOn = NewCard.lastDay(of: expiry)
        }
        return NewCard(
            user: user, identifier: identifier.text, description: description?.text ?? "", number: number,
            type: card_type?.text ?? "", brand: card_brand?.text ?? "", country: card_country?.text ?? "",
            expiresOn: expiresOn)
    }
}

struct MethodUpdate: Codable, Sendable {
    var identifier: Text<1, 255>
    var description: Text<0, 100>?
    var is_default: Bool?
}

struct MethodChoice: Codable, Sendable {
    var identifier: Text<1, 255>
}

struct SaveQuery: Codable, Sendable {
    var include_list: Bool?
}

struct SavedAndAll: Codable, Sendable {
    var saved: CardBody
    var methods: [CardBody]
}

extension Billing {
    @RouteTable var methodRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/payment/methods", listMethods).failing("Failed to get payment methods")
            .summary("The caller's cards").needs(.user)
        Route(.post, "/api/v1/payment/save", saveMethod).failing("Failed to save payment method")
            .summary("Save a card").needs(.user)
        Route(.post, "/api/v1/payment/update", updateMethod).failing("Failed to update payment method")
            .summary("Describe a card, or make it the default").needs(.user)
        Route(.post, "/api/v1/payment/delete", deleteMethod).failing("Failed to delete payment method")
            .summary("Forget a card").needs(.user)
    }

    func listMethods(_ call: Call<None, CutQuery, None>) async throws -> Listed<CardBody> {
        let cards = try await host.database.run(.cards(of: ID(call.identified.user)))
        return Listed(cards.map { CardBody($0) }, call.query, of: call.request)
    }

    func saveMethod(_ call: Call<None, SaveQuery, MethodInput>) async throws -> OneOf<
        OK<CardBody>, OK<SavedAndAll>
    > {
        let (host, user, body) = (host, ID<User>(call.identified.user), call.body)
        let card = try body.card(of: user)
        try await host.database.transaction { transaction in
            let now = host.clock.now
            try await transaction.run(.holdCards(of: user))
            guard try await transaction.run(.enter(card, at: now)).count == 1 else {
                throw BillingRefusal.cardExists
            }
            if body.is_default == true,
                let stored = try await transaction.run(.card(card.identifier, of: user))
            {
                try await transaction.run(.clearDefaultCard(of: user))
                try await transaction.run(.makeDefault(card: stored.id))
            }
            try await transaction.run(.retryNow(of: user, at: now))
        }
        // What is owed is tried with it at once; where that fails, the run comes by.
        Task(executorPreference: host.nextLoop()) {
            do { _ = try await PaymentRun(billing: self).chargeUnpaid(of: user) } catch {
                host.log.warning("payment.run_failed", ["error": .text("\(error)")])
            }
        }
        let saved = try await ownCard(card.identifier, of: user)
        guard call.query.include_list == true else { return .first(OK(CardBody(saved))) }
        let all = try await host.database.run(.cards(of: user))
        return .second(OK(SavedAndAll(saved: CardBody(saved), methods: all.map { CardBody($0) })))
    }

    /// Throws: `BillingRefusal.noSuchMethod`.
    private func ownCard(_ identifier: String, of user: ID<User>) async throws -> StoredCard {
        guard let card = try await host.database.run(.card(identifier, of: user)) else {
            throw BillingRefusal.noSuchMethod
        }
        return card
    }

    func updateMethod(_ call: Call<None, None, MethodUpdate>) async throws -> OK<CardBody> {
        let (user, body) = (ID<User>(call.identified.user), call.body)
        try await host.database.transaction { transaction in
            try await transaction.run(.holdCards(of: user))
            guard let card = try await transaction.run(.card(body.identifier.text, of: user)) else {
                throw BillingRefusal.noSuchMethod
            }
            if let text = body.description { try await transaction.run(.describe(card: card.id, text.text)) }
            if body.is_default == true {
                try await transaction.run(.clearDefaultCard(of: user))
                try await transaction.run(.makeDefault(card: card.id))
            }
        }
        return OK(CardBody(try await ownCard(body.identifier.text, of: user)))
    }

    func deleteMethod(_ call: Call<None, None, MethodChoice>) async throws -> OK<CardBody> {
        let (host, user, wanted) = (host, ID<User>(call.identified.user), call.body.identifier.text)
        let deleted = try await host.database.transaction { transaction in
            try await transaction.run(.holdCards(of: user))
            guard let card = try await transaction.run(.card(wanted, of: user)) else {
                throw BillingRefusal.noSuchMethod
            }
            if try await transaction.run(.isNeeded(card: card.id)) { throw BillingRefusal.cardInUse }
            try await transaction.run(.hide(card: card.id, at: host.clock.now))
            try await transaction.run(.makeNewestDefault(of: user))
            return card
        }
        return OK(CardBody(deleted))
    }
}
