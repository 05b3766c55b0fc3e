import Contracts
import Core
import Crypto
import FoundationEssentials
import Hosting
import OCPP
import Postgres
import Telemetry

extension Gateway {
    /// A station has a new key, and asks for a certificate of it. What our authority signs is handed over in a call of ours, once
    /// this one is answered (security whitepaper, edition 3, §3.3).
    func answer(
        _ wish: V16.SignCertificate.Request, from link: StationLink, at received: Date
    ) async throws -> V16.SignCertificate.Response {
        if settings.approvesCertificates {
            try await host.database.transaction { transaction in
                try await transaction.run(.replaceRequests(of: link.id, by: wish.csr.text, at: received))
                try await transaction.run(.keepRequest(wish.csr.text, of: link.id, at: received))
            }
            log(link.id, "Security", "asks for a certificate: an operator decides", .warning)
            return .init(status: .accepted)
        }
        guard let authority else {
            log(link.id, "SignCertificate", "Rejected: there is no authority to sign", .warning)
            return .init(status: .rejected)
        }
        let issued: CertificateAuthority.Issued
        do { issued = try authority.sign(request: wish.csr.text, for: link.id.text, at: received) } catch let
            refusal
            as CertificateAuthority.Refusal
        {
            log(link.id, "Security", "certificate refused: \(refusal)", .warning)
            return .init(status: .rejected)
        }
        guard let chain = Bounded<10_000>(issued.chain) else {
            log(link.id, "Security", "the authority's chain is longer than a station can be told", .error)
            return .init(status: .rejected)
        }
        try await host.database.run(.issued(issued, to: link.id, at: received))
        Task(executorPreference: link.loop) {
            let outcome = await self.handOver(chain, to: link, by: .system(.gateway))
            await self.note(outcome, of: issued, link)
        }
        return .init(status: .accepted)
    }

    func handOver(_ chain: Bounded<10_000>, to link: StationLink, by asker: Asker) async -> CallOutcome {
        var payload: [UInt8] = []
        V16.CertificateSigned.write(.init(certificateChain: chain), into: &payload)
        return await command(.certificateSigned, payload, to: link, by: asker)
    }

    func note(_ outcome: CallOutcome, of issued: CertificateAuthority.Issued, _ link: StationLink)
        async
    {
        log(link.id, "Security", "certificate \(issued.serialNumber): \(outcome.word)")
        do {
            try await host.database.run(.handedOver(issued, to: link.id, outcome.word))
        } catch {
            host.log.warning("certificate.unnoted", ["error": .text("\(error)")])
        }
    }
}

extension Query where Result == Void {
    /// A newer request means a newer key: nobody waits for the older one. A repeat is the same request.
    fileprivate static func replaceRequests(of point: ChargePointID, by csr: String, at now: Date) -> Self {
        """
        UPDATE gateway.certificate_request SET status = 'replaced', decided_at = \(now)
        WHERE charge_point_id = \(point.text) AND status = 'open' AND csr <> \(csr)
        """
    }

    fileprivate static func keepRequest(_ csr: String, of point: ChargePointID, at now: Date) -> Self {
        """
        INSERT INTO gateway.certificate_request (charge_point_id, csr, received_at)
        VALUES (\(point.text), \(csr), \(now))
        ON CONFLICT (charge_point_id) WHERE status = 'open' DO NOTHING
        """
    }

    static func issued(
        _ issued: CertificateAuthority.Issued, to point: ChargePointID, at now: Date
    ) -> Self {
        """
        INSERT INTO gateway.station_certificate (charge_point_id, serial_number, chain, issued_at, expires_at)
        VALUES (\(point.text), \(issued.serialNumber), \(issued.chain), \(now), \(issued.expires))
        """
    }

    fileprivate static func handedOver(
        _ issued: CertificateAuthority.Issued, to point: ChargePointID, _ answer: String
    ) -> Self {
        """
        UPDATE gateway.station_certificate SET answer = \(answer)
        WHERE charge_point_id = \(point.text) AND serial_number = \(issued.serialNumber)
        """
    }
}
