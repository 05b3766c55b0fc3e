import Lifecycle
import ReportingService
import Settings

@main enum ReportingMain {
    static func main() async {
        await Program.serve(
            "reporting", about: "statistics, exports, schedules", help: ReportingSettings.catalogue.helpText
        ) { launch in
            try Reporting.assemble(ReportingSettings(environment: launch.environment), launch.readiness)
        }
    }
}
