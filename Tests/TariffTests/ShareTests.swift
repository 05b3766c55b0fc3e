import Core
import Tariff
import TestSupport
import Testing

@Suite struct `VAT` {
    @Test(
        .fact(77),
        arguments: [
            (108, "8", 100, 8), (585, "8", 542, 43), (1, "8", 1, 0), (0, "8", 0, 0), (585, "0", 585, 0),
            (121, "21", 100, 21), (585, "7.7", 543, 42), (-108, "8", -100, -8), (-585, "8", -542, -43),
            (3, "100", 2, 1), (-3, "100", -2, -1),
        ])
    func `is taken out of the gross amount`(gross: Int64, rate: String, net: Int64, vat: Int64) throws {
        let split = VATSplit(of: euros(gross), at: try #require(Percent(rate)))

        #expect(split.net == euros(net))
        #expect(split.vat == euros(vat))
        #expect(split.gross == euros(gross))
    }

    @Test(arguments: [[525, 60], [525, 60, -59], [1, 1, 1, 1, 1], [-525, -60], [0], []] as [[Int64]])
    func `of the lines adds up to that of the whole`(amounts: [Int64]) throws {
        let rate = try #require(Percent("8"))

        let lines = VATSplit.lines(of: amounts.map(euros), at: rate)

        let whole = VATSplit(of: euros(amounts.reduce(0, +)), at: rate)
        #expect(lines.map(\.gross) == amounts.map(euros))
        #expect(lines.reduce(0) { $0 + $1.net.minorUnits } == whole.net.minorUnits)
        #expect(lines.reduce(0) { $0 + $1.vat.minorUnits } == whole.vat.minorUnits)
    }

    @Test func `of the lines is off by no more than a cent each`() throws {
        let rate = try #require(Percent("21"))
        let amounts = (1...200).map { euros(Int64($0 * 37 % 1_000)) }

        for (amount, line) in zip(amounts, VATSplit.lines(of: amounts, at: rate)) {
            #expect(abs(line.net.minorUnits - VATSplit(of: amount, at: rate).net.minorUnits) <= 1)
        }
    }
}

@Suite struct `A host` {
    @Test(
        .fact(57),
        arguments: [(1_000, "10", 100, 900), (585, "10", 59, 526), (585, "0", 0, 585), (585, "100", 585, 0)])
    func `gets the cost less the commission`(cost: Int64, percent: String, commission: Int64, credit: Int64)
        throws
    {
        let share = HostShare(of: euros(cost), commission: try #require(Percent(percent)))

        #expect(share.commission == euros(commission))
        #expect(share.credit == euros(credit))
    }

    @Test func `gives back exactly what was credited, however a refund is cut`() throws {
        let percent = try #require(Percent("12.5"))
        for cost in stride(from: Int64(1), to: 700, by: 13) {
            for part in stride(from: Int64(1), to: cost, by: 7) {
                var back: Int64 = 0
                var refunded: Int64 = 0
                while refunded < cost {
                    let refund = min(part, cost - refunded)
                    back +=
                        HostShare.takenBack(
                            by: euros(refund), of: euros(cost), refundedBefore: euros(refunded),
                            commission: percent
                        ).minorUnits
                    refunded += refund
                }
                #expect(back == HostShare(of: euros(cost), commission: percent).credit.minorUnits)
            }
        }
    }
}

@Suite struct `Points for energy` {
    @Test(
        .fact(75),
        arguments: [
            (12_340, 100, 1_234), (9, 100, 0), (10, 100, 1), (19, 100, 1), (-5, 100, 0), (12_340, 0, 0),
        ])
    func `are whole, the fraction cut off`(wattHours: Int64, rate: Int64, points: Int64) {
        #expect(
            Points.earned(for: Energy(wattHours: wattHours), perKilowattHour: rate, by: .plan("default"))
                == points)
    }

    @Test func `are not earned on an own point`() {
        #expect(Points.earned(for: Energy(wattHours: 50_000), perKilowattHour: 100, by: .own) == 0)
    }
}
