import Bus
import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import OCPP
import Postgres

extension Gateway {
    /// An operator lets a station have its certificate: signed here, or brought along where another authority signs.
    func sign(
        _ wish: SignCertificateRequest, by asker: Asker
    ) async throws -> SignCertificateRequest.Answer {
        let link = try await openLink(to: wish.chargePoint)
        let request = try await openRequest(wish.request, of: wish.chargePoint)
        var issued: CertificateAuthority.Issued?
        if wish.chain == nil { issued = try sign(request.csr, for: wish.chargePoint) }
        guard let text = wish.chain ?? issued?.chain, let chain = Bounded<10_000>(text), !text.isEmpty else {
            throw CommandRefusal(.failed, "the certificate chain is longer than a station can be told")
        }
        if let issued {
            try await host.database.run(.issued(issued, to: link.id, at: host.clock.now))
        }
        let outcome = await handOver(chain, to: link, by: asker)
        if let issued { await note(outcome, of: issued, link) }
        // Where the station did not hear of it, the request stays open.
        let answer = try Self.answer(of: outcome, from: link)
        let word = Self.status(in: answer) ?? "answered"
        let decided = try await host.database.run(
            .decide(
                wish.request, "approved", by: asker.user, answer: word, note: wish.note, at: host.clock.now))
        guard decided.count == 1 else { throw CommandRefusal.decidedAlready }
        return .init(status: word)
    }

    /// Throws: `CommandRefusal` with the authority's reason.
    private func sign(
        _ csr: String, for point: ChargePointID
    ) throws -> CertificateAuthority.Issued {
        guard let authority else {
            throw CommandRefusal(.failed, "there is no authority to sign: certificate_chain is needed")
        }
        do {
            return try authority.sign(request: csr, for: point.text, at: host.clock.now)
        } catch let refusal as CertificateAuthority.Refusal {
            throw CommandRefusal(.failed, "the request cannot be signed: \(refusal)")
        }
    }

    func refuse(_ wish: RefuseCertificateRequest, by asker: Asker) async throws -> Done {
        _ = try await openRequest(wish.request, of: wish.chargePoint)
        let decided = try await host.database.run(
            .decide(
                wish.request, "refused", by: asker.user, answer: nil, note: wish.note, at: host.clock.now))
        guard decided.count == 1 else { throw CommandRefusal.decidedAlready }
        return Done()
    }

    private func openRequest(
        _ id: ID<CertificateRequest>, of point: ChargePointID
    ) async throws -> WaitingRequest {
        guard let request = try await host.database.run(.certificateRequest(id, of: point)) else {
            throw CommandRefusal(.failed, "entry not found")
        }
        guard request.status == "open" else { throw CommandRefusal.decidedAlready }
        return request
    }
}

private struct WaitingRequest: Row, Sendable {
    var csr: String
    var status: String

    static let columns = "csr, status"

    init(_ cells: inout Cells) throws {
        csr = try cells.next()
        status = try cells.next()
    }
}

extension Query where Result == WaitingRequest? {
    fileprivate static func certificateRequest(
        _ id: ID<CertificateRequest>, of point: ChargePointID
    ) -> Self {
        """
        SELECT \(columns: WaitingRequest.self) FROM gateway.certificate_request
        WHERE id = \(id) AND charge_point_id = \(point.text)
        """
    }
}

extension Query where Result == RowCount {
    fileprivate static func decide(
        _ id: ID<CertificateRequest>, _ status: String, by user: ID<User>?, answer: String?, note: String?,
        at now: Date
    ) -> Self {
        """
        UPDATE gateway.certificate_request
        SET status = \(status), decided_by = \(user as ID<User>?), decided_at = \(now), answer = \(answer as String?),
            note = \(note ?? "")
        WHERE id = \(id) AND status = 'open'
        """
    }
}
