/// The services, by the one word that names the folder, the process, the schema and the role of each.
package enum Service: String, CaseIterable, Codable, Sendable {
    case gateway, accounts, billing, reporting
}
