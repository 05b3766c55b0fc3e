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
        log(link.id, "Authorize", "\(tag.word): \(verdict.status.rawValue)")
        return .init(idTagInfo: verdict.info)
    }
}
