import Bus
import Contracts
import Core
import FoundationEssentials
import HTTP
import Hosting
import Postgres

enum CertificateRequestStatus: String, Codable, CaseIterable, Sendable {
    case open, approved, refused, replaced
}

struct CertificateRequestQuery: Codable, Sendable, PageParameters {
    var page: Int?
    var per_page: Int?
    var order: Page.Order?
    var status: CertificateRequestStatus?
}

struct CertificateApproval: Codable, Sendable {
    /// PEM, as another authority signed it; absent where ours is to sign.
    var certificate_chain: Text<1, 10_000>?
    var note: Text<0, 500>?
}

/// A certificate that a station asked for.
struct CertificateRequestBody: Codable, Sendable {
    var id: Int64
    var charge_point_id: String
    /// PEM.
    var csr: String
    var time: Date
    var status: CertificateRequestStatus
    @OrNull var decided_by: Int64?
    @OrNull var decided_at: Date?
    /// What the station said to its certificate.
    @OrNull var answer: String?
    var note: String
}

extension Accounts {
    @RouteTable var certificateRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/charge-points/:id/certificate-requests", listCertificateRequests)
            .failing("Failed to get certificate requests")
            .summary("Certificates that a charge point asked for").needs(.power)
        Route(
            .post, "/api/v1/charge-points/:id/certificate-requests/:number/approve", approveCertificate
        )
        .failing("Failed to approve certificate").summary("Give a charge point its certificate")
        .within(.seconds(14)).limited(by: .commands).needs(.power)
        Route(.post, "/api/v1/charge-points/:id/certificate-requests/:number/refuse", refuseCertificate)
            .failing("Failed to refuse certificate").summary("Give a charge point no certificate")
            .needs(.power)
    }

    func listCertificateRequests(
        _ call: Call<PointPath, CertificateRequestQuery, None>
    ) async throws -> PagedList<CertificateRequestBody> {
        _ = try await chargePointRow(call.path.id, for: Viewer(call.caller))
        let query = call.query
        return try await PagedList(query) {
            Int(try await host.database.run(.countRequests(of: call.path.id, query)))
        } rows: { cut in
            try await host.database.run(.requests(of: call.path.id, query, cut)).map(\.body)
        }
    }

    func approveCertificate(
        _ call: Call<ReviewPath, None, CertificateApproval>
    ) async throws -> OK<CertificateRequestBody> {
        let point = try await reviewed(call)
        let wish = SignCertificateRequest(
            ID(call.path.number), of: point, chain: call.body.certificate_chain?.text,
            note: call.body.note?.text)
        do {
            _ = try await commands.send(wish, by: operatorAsking(call)).get()
        } catch let refusal as CommandRefusal {
            // Not found is told below; what cannot be signed is for the operator to know.
            guard refusal.known == .failed, refusal.reason == "entry not found" else {
                throw ReviewRefusal.gateway(refusal)
            }
            throw ReviewRefusal.noSuchEntry
        }
        try await auditDecision("APPROVE_CERTIFICATE", call)
        return OK(try await request(call.path.number))
    }

    func refuseCertificate(
        _ call: Call<ReviewPath, None, NoteInput>
    ) async throws -> OK<CertificateRequestBody> {
        let point = try await reviewed(call)
        let wish = RefuseCertificateRequest(ID(call.path.number), of: point, note: call.body.note?.text)
        try await decide(wish, "REFUSE_CERTIFICATE", call)
        return OK(try await request(call.path.number))
    }

    private func request(_ number: Int64) async throws -> CertificateRequestBody {
        guard let row = try await host.database.run(.request(number)) else { throw ReviewRefusal.noSuchEntry }
        return row.body
    }
}

private struct CertificateRequestRow: Row, Sendable {
    var id: Int64
    var point: String
    var csr: String
    var time: Date
    var status: String
    var decidedBy: Int64?
    var decidedAt: Date?
    var answer: String?
    var note: String

    static let columns =
        "id, charge_point_id, csr, received_at, status, decided_by, decided_at, answer, note"

    init(_ cells: inout Cells) throws {
        id = try cells.next()
        point = try cells.next()
        csr = try cells.next()
        time = try cells.next()
        status = try cells.next()
        decidedBy = try cells.next()
        decidedAt = try cells.next()
        answer = try cells.next()
        note = try cells.next()
    }

    var body: CertificateRequestBody {
        CertificateRequestBody(
            id: id, charge_point_id: point, csr: csr, time: time,
            status: CertificateRequestStatus(rawValue: status) ?? .open, decided_by: decidedBy,
            decided_at: decidedAt, answer: answer, note: note)
    }
}

extension SQL {
    fileprivate static func requests(of point: String, _ query: CertificateRequestQuery) -> SQL {
        guard let status = query.status else { return "charge_point_id = \(point)" }
        return "charge_point_id = \(point) AND status = \(status.rawValue)"
    }
}

extension Query where Result == Int64 {
    fileprivate static func countRequests(of point: String, _ query: CertificateRequestQuery) -> Self {
        "SELECT count(*) FROM gateway_view.certificate_request WHERE \(SQL.requests(of: point, query))"
    }
}

extension Query where Result == [CertificateRequestRow] {
    fileprivate static func requests(
        of point: String, _ query: CertificateRequestQuery, _ cut: Cut
    ) -> Self {
        """
        SELECT \(columns: CertificateRequestRow.self) FROM gateway_view.certificate_request
        WHERE \(SQL.requests(of: point, query))
        ORDER BY id \(cut.direction) LIMIT \(cut.limit) OFFSET \(cut.offset)
        """
    }
}

extension Query where Result == CertificateRequestRow? {
    fileprivate static func request(_ number: Int64) -> Self {
        """
        SELECT \(columns: CertificateRequestRow.self) FROM gateway_view.certificate_request WHERE id = \(number)
        """
    }
}
