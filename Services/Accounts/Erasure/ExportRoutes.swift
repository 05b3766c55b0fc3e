import Contracts
import Core
import HTTP

extension Accounts {
    @RouteTable var exportRoutes: [GuardedRoute] {
        Route(.get, "/api/v1/users/me/export", exportSelf).failing("Failed to export")
            .summary("Everything that is stored about the caller, as a ZIP archive").within(.seconds(60))
            .limited(by: .exports).needs(.user)
    }

    func exportSelf(_ call: Call<None, None, None>) async throws -> Download<ZIPFile> {
        let user = ID<User>(call.identified.user)
        let account = try await account(user)
        let archive = try await ExportSelf(accounts: self, user: user).archive()
        return Download(archive, fileName: "voltbus-\(account.username).zip")
    }
}
