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
            var payload: [UInt8] = []
            V16.CertificateSigned.write(.init(certificateChain: chain), into: &payload)
            let outcome = await self.command(.certificateSigned, payload, to: link, by: .system(.gateway))
            await self.note(outcome, of: issued, link)
        }
        return .init(status: .accepted)
    }

    private func note(_ outcome: CallOutcome, of issued: CertificateAuthority.Issued, _ link: StationLink)
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
    fileprivate static func issued(
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
