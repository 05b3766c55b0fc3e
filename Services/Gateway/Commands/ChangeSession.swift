import Bus
import Contracts
import Core
import FoundationEssentials
import Hosting
import Postgres
import Sockets
import Tariff

extension Gateway {
    /// Changes what a running session aims at; any gateway can. The one that holds the station hears of it and reads the session
    /// anew.
    func change(_ wish: ChangeSession) async throws -> Done {
        let point: ChargePointID
        do {
            point = try await host.database.transaction { transaction in
                guard let held = try await transaction.run(.hold(wish.session)), !held.isFinished,
                    let point = ChargePointID(held.point)
                else { throw CommandRefusal(.carBusyOrSessionOver, "session has ended") }
                if case .absent = wish.target {
                } else {
                    let target = wish.target.applied(to: held.target)
                    let estimate = try await self.estimate(target, held, in: transaction)
                    try await transaction.run(.aim(wish.session, at: target, estimate: estimate))
                }
                switch wish.car {
                case .absent: break
                case .null: try await transaction.run(.drive(wish.session, car: nil))
                case .value(let car): try await transaction.run(.drive(wish.session, car: car))
                }
                return point
            }
        } catch let error as DatabaseError where error.violatesUnique("session_of_car") {
            throw CommandRefusal(.carBusyOrSessionOver, "car is charging already")
        }
        let event = SessionChanged(wish.session, on: point)
        // Where it holds the station itself, the answer comes after the new target is in force.
        try await readAnew(event)
        host.bus.publish(event)
        return Done()
    }

    /// What the new target is expected to cost. A balance that pays for it must cover it (api.md 5.2).
    private func estimate(
        _ target: Energy?, _ held: HeldSession, in transaction: Transaction
    ) async throws -> Int64 {
        guard let target, let user = held.user else { return 0 }
        try await transaction.run(.holdFunds(of: user))
        let funds = try await transaction.run(.funds(of: user, besides: held.number))
        guard funds.isBalance else { return 0 }
        let estimate = held.price.estimate(for: target).minorUnits
        guard funds.balance - funds.reserved >= estimate else {
            throw CommandRefusal(.balanceTooLow, FundingRefusal.insufficientBalance.text)
        }
        return estimate
    }

    /// Takes over what was changed of a session that this gateway's link holds, and ends it where that is reached already.
    func readAnew(_ event: SessionChanged) async throws {
        guard let link = links[event.chargePoint] else { return }
        guard let row = try await host.database.run(.liveSession(event.session.number, at: event.chargePoint))
        else { return }
        try await link.loop.run {
            guard let place = link.sessions.first(where: { $0.value.number == row.number })?.key else {
                return
            }
            link.sessions[place]?.target = row.target
            self.stopWhereReached(place, link)
        }
    }
}

/// What pays for a session, and what else is promised of it.
private struct Funds: Row, Sendable {
    var isBalance: Bool
    var balance: Int64
    var reserved: Int64

    static let columns = "is_balance, balance, reserved"

    init(_ cells: inout Cells) throws {
        isBalance = try cells.next()
        balance = try cells.next()
        reserved = try cells.next()
    }
}

extension Query where Result == Funds {
    fileprivate static func funds(of user: ID<User>, besides number: ID<ChargingSession>) -> Self {
        """
        SELECT (SELECT funding = 'balance' FROM gateway.session WHERE session_id = \(number)),
            coalesce((SELECT balance FROM billing_view.balance WHERE user_id = \(user)), 0),
            coalesce((
                SELECT sum(charge.estimate) FROM gateway.session AS charge
                WHERE charge.user_id = \(user) AND charge.funding = 'balance' AND charge.session_id <> \(number)
                    AND NOT EXISTS (
                        SELECT FROM billing_view.settled_session AS settled
                        WHERE settled.session_id = charge.session_id)
            ), 0)::bigint
        """
    }
}

extension Query where Result == Void {
    fileprivate static func aim(_ number: ID<ChargingSession>, at target: Energy?, estimate: Int64) -> Self {
        """
        UPDATE gateway.session SET target_wh = \(target as Energy?), estimate = \(estimate)
        WHERE session_id = \(number)
        """
    }

    fileprivate static func drive(_ number: ID<ChargingSession>, car: ID<Car>?) -> Self {
        "UPDATE gateway.session SET car_id = \(car as ID<Car>?) WHERE session_id = \(number)"
    }
}
