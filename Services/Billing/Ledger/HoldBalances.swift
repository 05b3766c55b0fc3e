import Contracts
import Core
import Postgres

// Who moves several balances in one transaction holds them first, by the numbers of their owners, and before them the money of the
// sessions that it is about, by theirs. Whoever took them as they came would wait for somebody who waits for them.

extension Query where Result == Void {
    static func holdBalances(of users: [ID<User>]) -> Self {
        """
        INSERT INTO billing.balance AS known (user_id, amount)
        SELECT person, 0 FROM unnest(\(users.map(\.number))) AS held (person) GROUP BY person ORDER BY person
        ON CONFLICT (user_id) DO UPDATE SET amount = known.amount
        """
    }

    static func holdMoney(ofAll sessions: [Int64]) -> Self {
        """
        SELECT pg_advisory_xact_lock(8082, number::integer)
        FROM (SELECT DISTINCT number FROM unnest(\(sessions)) AS held (number) ORDER BY number) AS held
        """
    }

    /// Of all whom settling these sessions may move money of.
    static func holdBalances(ofAll sessions: [Int64]) -> Self {
        """
        INSERT INTO billing.balance AS known (user_id, amount)
        SELECT held.person, 0
        FROM gateway_view.session AS charge
        CROSS JOIN LATERAL (VALUES (charge.user_id), (charge.owner_id)) AS held (person)
        WHERE charge.session_id = ANY(\(sessions)) AND charge.funding = 'balance' AND held.person IS NOT NULL
        GROUP BY held.person
        ORDER BY held.person
        ON CONFLICT (user_id) DO UPDATE SET amount = known.amount
        """
    }
}
