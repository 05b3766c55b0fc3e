import Core
import Crypto
import Foundation
import HTTP
import Postgres
import TestSupport
import Testing

extension BillingHouse {
    /// What the sandbox's notifications are signed with in tests.
    static let sandboxSecret = "the sandbox's own secret"

    @discardableResult
    func save(_ identifier: String, of person: Person, _ more: [String: JSONValue] = [:]) async throws
        -> Answer
    {
        let body = more.merging(["identifier": .string(identifier)]) { $1 }
        return try await call(.post, "/payment/save", as: person, .object(body))
    }

    /// Behind the service's back: saving a card has what is owed charged at once.
    func enterCard(_ identifier: String, of person: Person) async throws {
        try await owner.run(
            """
            INSERT INTO billing.payment_method (user_id, identifier, added_at)
            VALUES (\(person.id), \(identifier), \(clock.now))
            """ as Query<Void>)
    }

    /// A session by card that is settled.
    func unpaidSession(
        of person: Person, host: Person? = nil, minutes: Int = 59, point: String = "CP-1"
    ) async throws -> Int64 {
        let number = try await store(
            SampleSession(point: point, driver: person, host: host, funding: "card", minutes: minutes))
        try await settled(number)
        return number
    }

    /// Moves the clock behind the next payment run, and waits for its end.
    func payments(after seconds: Int = 301) async throws {
        clock.advance(by: .seconds(seconds))
        let (owner, since) = (owner, clock.now - 1)
        try await Self.eventually("the payment run is done") {
            try await owner.run(
                """
                SELECT count(*) FROM billing.job_run
                WHERE job = 'payment run' AND state = 'done' AND started_at > \(since)
                """ as Query<Int64>) == 1
        }
    }

    func notify(_ body: String, secret: String = sandboxSecret) async throws -> Answer {
        let bytes = Array(body.utf8)
        let signature = Hex.text(HMAC.sha256(bytes, key: Array(secret.utf8)))
        return try await send(
            .post, "/payment/notify", bytes,
            [("Content-Type", "application/json"), ("X-Signature", signature)])
    }

    func view(_ session: Int64, as person: Person) async throws -> JSONValue {
        try await call(.get, "/transactions/info/\(session)", as: person).json
    }

    func orders(of session: Int64, as person: Person) async throws -> [JSONValue] {
        try await call(.get, "/payment/orders?order=asc", as: person).items
            .filter { $0["transaction_id"]?.number == session }
    }

    /// Waits until a session is paid to the end.
    func paid(_ session: Int64) async throws {
        let owner = owner
        try await Self.eventually("session \(session) is paid") {
            try await owner.run(
                "SELECT count(*) FROM billing.settled_session WHERE session_id = \(session) AND paid = cost"
                    as Query<Int64>) == 1
        }
    }
}
