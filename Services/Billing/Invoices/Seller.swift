import Core
import Hosting
import Postgres

extension Billing {
    /// What an administrator entered as `company` wins over the environment, field by field.
    func seller() async throws -> PartyBody {
        struct Company: Codable {
            var name: String?
            var address: String?
            var tax_id: String?
        }
        let stored = try await host.database.run(.platformSetting("company"))
        let company = try? stored?.decode(Company.self)
        let own = settings.seller
        func chosen(_ entered: String?, _ standard: String) -> String {
            guard let entered, !entered.isEmpty, entered != "VoltBus" || standard == "VoltBus" else {
                return standard
            }
            return entered
        }
        let taxID = chosen(company?.tax_id, own.taxID)
        return PartyBody(
            name: chosen(company?.name, own.name), address: chosen(company?.address, own.address),
            tax_id: taxID.isEmpty ? nil : taxID)
    }
}
