import Bus
import Contracts
import Core
import FoundationEssentials
import Redis
import TestSupport
import Testing

@Suite(.freshRedis) struct `The board of presence` {
    private let redis = FreshRedis.current.client()
    private let clock = ManualClock()
    private let east = InstanceName(.gateway, "east")
    private let west = InstanceName(.gateway, "west")
    private var board: PresenceBoard { PresenceBoard(redis) }

    private func claim(_ name: String, _ generation: Int64) throws -> PresenceClaim {
        PresenceClaim(try Surroundings.point(name), generation: generation)
    }

    private func take(_ claim: PresenceClaim, _ gateway: InstanceName) async throws -> Bool {
        try await board.take(claim, for: gateway, at: clock.now, living: .seconds(60))
    }

    @Test func `tells who holds a station`() async throws {
        let claim = try claim("CP1", 7)

        #expect(try await take(claim, east))

        let presence = try await board.lookUp(claim.chargePoint)
        #expect(presence == Presence(gateway: east, generation: 7, seenAt: clock.now))
        #expect(try await board.lookUp(try Surroundings.point("CP2")) == nil)
        #expect(try await board.online(at: clock.now) == [claim.chargePoint])
    }

    @Test func `gives a station to its newest connection, and to no older one`() async throws {
        #expect(try await take(try claim("CP1", 5), east))
        #expect(try await take(try claim("CP1", 6), west))

        #expect(try await take(try claim("CP1", 5), east) == false)
        #expect(try await take(try claim("CP1", 6), east) == false)

        #expect(try await board.lookUp(try Surroundings.point("CP1"))?.gateway == west)
    }

    @Test func `does not let the late close of an old connection take a new one off`() async throws {
        #expect(try await take(try claim("CP1", 5), east))
        #expect(try await take(try claim("CP1", 6), west))

        #expect(try await board.release(try claim("CP1", 5), of: east) == false)
        #expect(try await board.release(try claim("CP1", 6), of: east) == false)
        #expect(try await board.lookUp(try Surroundings.point("CP1"))?.generation == 6)

        #expect(try await board.release(try claim("CP1", 6), of: west))
        #expect(try await board.lookUp(try Surroundings.point("CP1")) == nil)
        #expect(try await board.online(at: clock.now) == [])
    }

    @Test func `also fences connections of one gateway`() async throws {
        #expect(try await take(try claim("CP1", 5), east))
        #expect(try await take(try claim("CP1", 6), east))

        #expect(try await board.release(try claim("CP1", 5), of: east) == false)

        #expect(try await board.lookUp(try Surroundings.point("CP1"))?.generation == 6)
    }

    @Test func `forgets a station whose gateway is not heard of`() async throws {
        let claim = try claim("CP1", 5)
        let isOurs = try await board.take(claim, for: east, at: clock.now, living: .milliseconds(20))
        #expect(isOurs)

        try await Wait.until { try await board.lookUp(claim.chargePoint) == nil }

        // By the clock of who asks; and the next to refresh clears the list.
        #expect(try await board.online(at: clock.now + 0.019) == [claim.chargePoint])
        #expect(try await board.online(at: clock.now + 0.020) == [])
        clock.advance(by: .seconds(1))
        #expect(try await take(try self.claim("CP2", 1), west))
        #expect(try await redis.run(Command<Int>("ZCARD", "vb:presence")) == 1)
    }

    @Test func `is kept alive by refreshing, which tells what was taken over`() async throws {
        let claims = try (0..<1_200).map { try claim("CP\($0)", 10) }
        #expect(try await board.refresh(claims, for: east, at: clock.now, living: .seconds(60)) == [])
        let moved = [claims[3], claims[501], claims[1_199]]
        for claim in moved {
            #expect(try await take(.init(claim.chargePoint, generation: 11), west))
        }

        let lost = try await board.refresh(claims, for: east, at: clock.now, living: .seconds(60))

        #expect(lost == moved)
        #expect(try await board.online(at: clock.now).count == 1_200)
        let held = try await board.lookUp(claims.map(\.chargePoint))
        #expect(held.count == 1_200)
        #expect(held.values.count { $0.gateway == west } == 3)
    }

    @Test func `is made anew after Redis lost everything`() async throws {
        let claims = try (0..<10).map { try claim("CP\($0)", 10) }
        #expect(try await board.refresh(claims, for: east, at: clock.now, living: .seconds(60)) == [])
        FreshRedis.current.stop()
        try await Wait.until { await redis.connections == 0 }
        try await FreshRedis.current.start()
        try await Wait.until { await redis.connections == 2 }
        #expect(try await board.lookUp(claims[0].chargePoint) == nil)

        #expect(try await board.refresh(claims, for: east, at: clock.now, living: .seconds(60)) == [])

        #expect(try await board.lookUp(claims.map(\.chargePoint)).count == 10)
    }
}

@Suite(.freshRedis) struct `The board of connectors` {
    private let redis = FreshRedis.current.client()
    private let now = ManualClock().now

    private func state(_ status: ConnectorStatus, after seconds: TimeInterval) -> ConnectorState {
        ConnectorState(status: .known(status), since: now + seconds)
    }

    @Test func `mirrors the last status of each connector`() async throws {
        let board = ConnectorBoard(redis)
        let point = try Surroundings.point("CP1")
        let states = [
            0: state(.available, after: 0), 1: state(.charging, after: 5), 2: state(.faulted, after: 1),
        ]

        try await board.write(
            Dictionary(uniqueKeysWithValues: states.map { (ConnectorPlace(point, $0.key), $0.value) }))

        #expect(try await board.states(of: point) == states)
        #expect(try await board.states(of: try Surroundings.point("CP2")) == [:])
        try await board.forget(point)
        #expect(try await board.states(of: point) == [:])
    }

    @Test func `is not set back by a report that comes late`() async throws {
        let board = ConnectorBoard(redis)
        let point = try Surroundings.point("CP1")
        let place = ConnectorPlace(point, 1)

        try await board.write([place: state(.charging, after: 10)])
        try await board.write([place: state(.preparing, after: 9)])
        #expect(try await board.states(of: point)[1]?.status == .known(.charging))

        // Of the same moment: the one that was told later.
        try await board.write([place: state(.suspendedByCar, after: 10)])
        #expect(try await board.states(of: point)[1]?.status == .known(.suspendedByCar))
    }

    @Test func `passes over what it cannot read`() async throws {
        let board = ConnectorBoard(redis)
        let point = try Surroundings.point("CP1")
        try await board.write([ConnectorPlace(point, 1): state(.charging, after: 0)])
        _ = try await redis.run(
            Command<Int>("HSET", "vb:connectors:CP1", "2", "what a later release writes", "x", "y"))

        #expect(try await board.states(of: point) == [1: state(.charging, after: 0)])
    }
}
