import Bus
import Contracts
import Core
import Postgres
import Sockets
import TestSupport
import Testing

/// The event log of gateway, and billing that reads it: a table beside it takes down what billing handled.
struct GatewayLog: Sendable {
    let gateway: Database
    let billing: Database
    let owner: Database
    let clock = ManualClock()
    /// Of the service that tells.
    let teller: Bus
    /// Of the service that reads.
    let bus: Bus

    init() async throws {
        gateway = try FreshDatabase.current.database(as: .gateway)
        billing = try FreshDatabase.current.database(as: .billing)
        owner = try FreshDatabase.current.database(as: .owner)
        teller = Surroundings.bus(as: .gateway, clock: clock.clock)
        bus = Surroundings.bus(as: .billing, clock: clock.clock)
        try await owner.run("CREATE SCHEMA test")
        // No key: an event that is handled twice shows.
        try await owner.run(
            """
            CREATE TABLE test.noted (
                place bigint GENERATED ALWAYS AS IDENTITY, consumer text NOT NULL, subject text NOT NULL
            )
            """)
        try await owner.run("GRANT USAGE ON SCHEMA test TO billing")
        try await owner.run("GRANT SELECT, INSERT ON test.noted TO billing")
    }

    /// Announces in a transaction of its own.
    func announce(_ names: String...) async throws {
        let events = try names.map { try Self.event($0) }
        try await gateway.transaction { try await $0.run(.announce(each: events)) }
    }

    /// Announces, and calls everybody to look.
    func tell(_ name: String) async throws {
        try await announce(name)
        teller.publish(try Self.event(name))
    }

    static func event(_ name: String) throws -> PointReported {
        PointReported(try Surroundings.point(name), mustBeApproved: false, at: ManualClock().now)
    }

    /// Another instance of billing.
    func sibling() -> Bus { Surroundings.bus(as: .billing, clock: clock.clock) }

    /// Takes down what it is given, in the transaction that moves the cursor.
    ///
    /// - Parameter before: runs first; what it throws is the handler's failure.
    func consumer(
        _ name: String = "intake", bus: Bus? = nil, from beginning: EventConsumer.Beginning = .oldest,
        limits: EventConsumer.Limits = .patient, parked: Noted<ParkedEvent> = Noted(),
        before: @escaping @Sendable (String, Transaction) async throws -> Void = { _, _ in }
    ) -> EventConsumer {
        EventConsumer(
            name, reading: .gateway, on: billing, bus: bus ?? self.bus, from: beginning, limits: limits,
            onParked: { parked.add($0) },
            inTransaction: [
                .on(PointReported.self) { told, transaction in
                    let subject = told.event.chargePoint.text
                    try await transaction.run(
                        "INSERT INTO test.noted (consumer, subject) VALUES (\(name), \(subject))")
                    try await before(subject, transaction)
                }
            ])
    }

    func noted(by consumer: String = "intake") async throws -> [String] {
        // As nobody whose connections a test cuts or holds.
        let reader = try FreshDatabase.current.database(as: .superuser)
        return try await reader.run(
            "SELECT subject FROM test.noted WHERE consumer = \(consumer) ORDER BY place")
    }

    /// Looks until there is an answer that does not depend on transactions of other tests beside this one: they hold
    /// cursors back, because transactions are counted by the server and not by the database.
    func drain(_ consumer: EventConsumer) async throws -> EventConsumer.Look {
        var look = EventConsumer.Look.heldBack
        try await Wait.until {
            look = try await consumer.drain()
            return look != .heldBack
        }
        return look
    }
}

extension EventConsumer.Limits {
    /// Only a ring makes it look in the time of a test.
    static var patient: Self {
        var limits = Self()
        limits.look = .seconds(600)
        limits.lookAfterOthers = .milliseconds(5)
        return limits
    }
}
