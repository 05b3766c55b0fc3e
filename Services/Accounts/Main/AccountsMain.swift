import AccountsService
import Lifecycle
import Settings

@main enum AccountsMain {
    static func main() async {
        await Program.serve(
            "accounts", about: "identity and the client-facing API", help: AccountsSettings.catalogue.helpText
        ) { launch in
            try Accounts.assemble(AccountsSettings(environment: launch.environment), launch.readiness)
        }
    }
}
