package import HTTP

extension Billing {
    /// The whole surface of the service, with the right that each route needs; each folder has its own part.
    @RouteTable package var routes: [GuardedRoute] {
        planRoutes
        quoteRoutes
        ledgerRoutes
        sessionRoutes
        recentRoutes
        explainRoutes
        receiptRoutes
        invoiceRoutes
        methodRoutes
        orderRoutes
        paymentRoutes
        providerRoutes
        retryRoutes
        pointsRoutes
        thresholdRoutes
        discountRoutes
        payoutRoutes
    }
}
