import Contracts
import Core
import FoundationEssentials
import Hosting
import OCPP
import Postgres

extension Gateway {
    /// A driver has shown a card (api.md 5.3).
    func answer(
        _ request: V16.Authorize.Request, from link: StationLink, at received: Date
    ) async throws -> V16.Authorize.Response {
        let tag = PresentedTag(request.idTag.text)
        var verdict = try await judge(tag, at: link, received)
        if verdict.status == .accepted, !settings.allowsConcurrentTags,
            try await host.database.run(.isCharging(tag: tag.word, elsewhereThan: link.id))
        {
            verdict.status = .concurrentTx
        }
        try await host.database.run(.note(tag, verdict.status, shownAt: link.id, received))
        log(link.id, "Authorize", "\(tag.word): \(verdict.status.rawValue)")
        return .init(idTagInfo: verdict.info)
    }
}

extension Query where Result == Void {
    /// Whether a charge comes of it is seen later, and by others.
    fileprivate static func note(
        _ tag: PresentedTag, _ status: V16.AuthorizationStatus, shownAt point: ChargePointID, _ moment: Date
    ) -> Self {
        """
        INSERT INTO gateway.start_signal (charge_point_id, connector_id, at, kind, tag, refusal)
        VALUES (\(point.text), 0, \(moment), 'card', \(tag.isToken ? "" : tag.word),
            \(status == .accepted ? "" : status.rawValue))
        """
    }
}
