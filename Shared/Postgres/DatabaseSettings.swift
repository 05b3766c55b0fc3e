/// Which database, and how much of everything.
package struct DatabaseSettings: Sendable {
    /// `postgresql://user:password@host:port/database`; never printed.
    package var url: String
    /// What takes the place of the URL's own parts, by libpq's keywords: `dbname`, `user`, `password` …
    package var overrides: [String: String] = [:]
    /// What the server's list of sessions shows.
    package var name: String
    /// Connections in all, shared out over the loops, at least one each.
    package var poolSize: Int
    /// Settings of the server for these sessions, such as `synchronous_commit` = `off` for what may be lost.
    package var sessionParameters: [String: String]
    package var limits: Limits

    package init(
        url: String, name: String = "voltbus", poolSize: Int = 10, sessionParameters: [String: String] = [:],
        limits: Limits = Limits()
    ) {
        self.url = url
        self.name = name
        self.poolSize = poolSize
        self.sessionParameters = sessionParameters
        self.limits = limits
    }

    package struct Limits: Sendable {
        /// From the call to the answer, unless the call says otherwise.
        package var statement: Duration = .seconds(10)
        /// How long a statement or transaction waits for a connection while all are busy.
        package var waitForConnection: Duration = .seconds(5)
        /// How long it waits while there is no server.
        package var waitForServer: Duration = .seconds(2)
        /// Statements and transactions that wait for a connection of one loop.
        package var waiting = 10_000
        /// Statements under way on one connection.
        package var pipelineDepth = 128
        package var preparedStatements = 256
        package var connect: Duration = .seconds(5)
        package var firstReconnect: Duration = .milliseconds(50)
        package var longestReconnect: Duration = .seconds(5)
        /// How long a cancelled statement may take to end before its connection is given up.
        package var cancellation: Duration = .seconds(5)
        /// A transaction whose body does nothing for so long is ended by the server.
        package var idleInTransaction: Duration = .seconds(15)
        /// How often a transaction that lost a race is run in all.
        package var transactionAttempts = 6
        /// How long closing waits for what is under way.
        package var drain: Duration = .seconds(5)

        package init() {}
    }
}
