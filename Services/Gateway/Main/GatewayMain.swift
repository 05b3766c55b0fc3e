import GatewayService
import Lifecycle
import Settings

@main enum GatewayMain {
    static func main() async {
        await Program.serve(
            "gateway", about: "speaks OCPP with charge points", help: GatewaySettings.catalogue.helpText
        ) { launch in
            try Gateway.assemble(GatewaySettings(environment: launch.environment), launch.readiness)
        }
    }
}
