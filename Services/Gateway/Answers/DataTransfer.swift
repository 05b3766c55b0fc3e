import Core
import FoundationEssentials
import OCPP

extension Gateway {
    /// No vendor has an extension here; what was said is in the log.
    func answer(
        _ transfer: V16.DataTransfer.Request, from link: StationLink, at received: Date
    ) async throws -> V16.DataTransfer.Response {
        log(link.id, "DataTransfer", "\(transfer.vendorId.text) \(transfer.messageId?.text ?? "")")
        return .init(status: .unknownVendorId)
    }
}
