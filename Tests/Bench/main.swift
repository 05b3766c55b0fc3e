let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int($0) }
switch arguments.first {
case "echo": try await EchoMode.run(port: numbers.first ?? 9_009)
case "http": try await HTTPMode.run(port: numbers.first ?? 9_010)
case "echo-client": try await EchoClient.run(port: numbers.first ?? 9_009)
case "echo-load": try await EchoLoad.run(numbers)
default: break
}
