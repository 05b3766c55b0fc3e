package import HTTP

extension Accounts {
    /// The whole surface of the service, with the right that each route needs; each folder has its own part.
    @RouteTable package var routes: [GuardedRoute] {
        platformRoutes
        authRoutes
        userRoutes
        passwordRoutes
        twoFactorRoutes
        pictureRoutes
        exportRoutes
        staffRoutes
        loginRoutes
        inviteRoutes
        tagRoutes
        siteRoutes
        pointRoutes
        portRoutes
        accessRoutes
        carRoutes
        centralRoutes
        chargingRoutes
        startTokenRoutes
        usageRoutes
        reservationRoutes
        timeSlotRoutes
        meetingRoutes
        notificationRoutes
        carTextRoutes
        questionRoutes
        lotRoutes
        stayRoutes
        deskRoutes
    }

    /// What those who look after charge points do with them.
    @RouteTable private var deskRoutes: [GuardedRoute] {
        pendingRoutes
        configurationRoutes
        commandRoutes
        evidenceRoutes
        reviewRoutes
        readingRoutes
        certificateRoutes
        profileRoutes
    }
}
