import Foundation

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int($0) }
do {
    switch arguments.first {
    case "echo": try await EchoMode.run(port: numbers.first ?? 9_009)
    case "central": try await CentralMode.run(port: numbers.first ?? 9_011)
    case "http": try await HTTPMode.run(port: numbers.first ?? 9_010)
    case "echo-client": try await EchoClient.run(port: numbers.first ?? 9_009)
    case "echo-load": try await EchoLoad.run(numbers)
    case "--help", "-h", "help", nil: print(LoadOptions.help)
    case let word?:
        guard let kind = LoadOptions.Kind(rawValue: word) else {
            throw BadOptions("there is no mode \(word)")
        }
        try await LoadMode.run(kind, arguments.dropFirst())
    }
} catch let mistake as BadOptions {
    complain("\(mistake.text)\nTry bench --help.")
    exit(2)
} catch {
    complain("\(error)")
    exit(1)
}

func complain(_ text: String) {
    FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
}
