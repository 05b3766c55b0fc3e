let arguments = CommandLine.arguments.dropFirst()
if arguments.first == "echo" {
    try await EchoMode.run(port: arguments.dropFirst().first.flatMap { Int($0) } ?? 9_009)
}
