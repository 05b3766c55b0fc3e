import Core
import HTTP
import Sockets

/// `bench http PORT`: a few routes without a database behind them, for programs that load HTTP servers from outside.
/// It is no part of the product and is not named in the help.
enum HTTPMode {
    private struct Greeting: Codable, Sendable { var text: String }
    private struct Numbered: Codable, Sendable { var id: ID<Greeting> }
    private struct Form: Codable, Sendable {
        var name: Text<1, 40>
        var age: Whole<0, 150>?
    }

    @RouteTable private static var routes: [GuardedRoute] {
        Route(.get, "/hello") { (_: Call<None, None, None>) in OK(Greeting(text: "hello")) }.open
        Route(.get, "/people/:id") { (call: Call<Numbered, PageQuery, None>) in
            OK(Greeting(text: "\(call.path.id) \(call.query.asked.size)"))
        }.open
        Route(.post, "/people") { (call: Call<None, None, Form>) in
            Created(Greeting(text: call.body.name.text))
        }.open
        Route(.get, "/megabyte") { (_: Call<None, None, None>) in
            Download<GzipFile>(
                BodyStream { body in
                    let piece = [UInt8](repeating: 0x61, count: 65_536)
                    for _ in 0..<16 { try await body.write(piece) }
                }, type: "application/octet-stream")
        }.open
    }

    static func run(port: Int) async throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
            throw EchoMode.BadArguments()
        }
        let loops = try EventLoops(count: 2, name: "http")
        var rules = Dispatcher.Rules()
        rules.perAddress = 0
        let server = try await HTTPServer.start(
            Dispatcher(routes: routes, credentials: NoCredentials(), rules: rules), at: address, on: loops)
        print("http on http://\(server.address)")
        try await Task.sleep(for: .seconds(365 * 86_400))
    }
}
