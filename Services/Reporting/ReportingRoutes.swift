package import HTTP

extension Reporting {
    /// The whole surface of the service, with the right that each route needs.
    package var routes: [GuardedRoute] {
        statistics + networkReports + exportRoutes + auditRoutes + logRoutes + backupRoutes + documentRoutes
    }

    @RouteTable private var statistics: [GuardedRoute] {
        Route(.get, "/api/v1/report/month", reportMonths).failing("Failed to get report")
            .summary("Sessions, energy and amount by month").needs(.power)
        Route(.get, "/api/v1/report/user", reportUsers).failing("Failed to get report")
            .summary("Sessions, energy and amount by account").needs(.power)
        Route(.get, "/api/v1/report/charger", reportChargers).failing("Failed to get report")
            .summary("Sessions, energy and amount by charge point").needs(.power)
        Route(.get, "/api/v1/report/export", reportHours).failing("Failed to get report")
            .summary("Energy by the hour in which it flowed").needs(.power)
        Route(.get, "/api/v1/report/uptime", reportUptime).failing("Failed to get report")
            .summary("How long charge points were online").needs(.power)
        Route(.get, "/api/v1/report/status", reportStatus).failing("Failed to get report")
            .summary("Which charge points are online, and since when").needs(.power)
    }

    @RouteTable private var networkReports: [GuardedRoute] {
        Route(.get, "/api/v1/reports/stations", reportStations).failing("Failed to get report")
            .summary("Sessions, energy, amount and utilisation by station").needs(.power)
        Route(.get, "/api/v1/reports/peak-hours", reportPeakHours).failing("Failed to get report")
            .summary("The three busiest hours of the day").needs(.power)
        Route(.get, "/api/v1/reports/turnover", reportTurnover).failing("Failed to get report")
            .summary("What was sold, given back and kept").needs(.admin)
        Route(.get, "/api/v1/reports/dashboard", reportDashboard).failing("Failed to get report")
            .summary("The network at a glance").needs(.power)
        Route(.get, "/api/v1/reports/attempts", reportAttempts).failing("Failed to get report")
            .summary("How many charge at the first attempt, and why not").needs(.power)
        Route(.get, "/api/v1/reports/power", reportPower).failing("Failed to get report")
            .summary("Average and peak power by hour").needs(.power)
        Route(.get, "/api/v1/reports/concurrency", reportConcurrency).failing("Failed to get report")
            .summary("Sessions at the same time by hour").needs(.power)
        Route(.get, "/api/v1/reports/unused-stations", reportUnusedStations).failing("Failed to get report")
            .summary("Stations that nobody uses").needs(.power)
        Route(.get, "/api/v1/reports/parking", reportParking).failing("Failed to get report")
            .summary("Bookings, hours and amount by lot").needs(.admin)
        Route(.get, "/api/v1/reports/jobs", listJobRuns).failing("Failed to get jobs")
            .summary("What ran on a schedule").needs(.admin)
        Route(.get, "/api/v1/backup/jobs", listJobRuns).failing("Failed to get jobs")
            .summary("What ran on a schedule").needs(.admin)
    }
}
