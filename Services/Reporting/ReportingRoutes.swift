package import HTTP

extension Reporting {
    /// The whole surface of the service, with the right that each route needs.
    @RouteTable package var routes: [GuardedRoute] {
        Route(.get, "/api/v1/report/month", reportMonths).failing("Failed to get report")
            .summary("Sessions, energy and amount by month").needs(.power)
        Route(.get, "/api/v1/report/user", reportUsers).failing("Failed to get report")
            .summary("Sessions, energy and amount by account").needs(.power)
        Route(.get, "/api/v1/report/charger", reportChargers).failing("Failed to get report")
            .summary("Sessions, energy and amount by charge point").needs(.power)
    }
}
