import FoundationEssentials

/// The command line of `migrate`: what it understands, and what it prints.
package struct MigrateCommand: Sendable {
    package enum Verb: String, CaseIterable, Sendable {
        case up
        case status
        case verify
        case stats

        var help: String {
            switch self {
            case .up: "apply what is missing"
            case .status: "list every migration and where it stands"
            case .verify: "fail unless everything is applied as it is in this build"
            case .stats: "rows and sizes of every table"
            }
        }
    }

    /// How the program ends, as its exit code.
    package enum Outcome: Int32, Sendable {
        case done = 0
        case failed = 1
        case misused = 2
    }

    package let verb: Verb

    /// - Parameter arguments: without the program's own name.
    package init?(_ arguments: [String]) {
        guard arguments.count == 1, let verb = Verb(rawValue: arguments[0]) else { return nil }
        self.verb = verb
    }

    package static var usage: String {
        let verbs = Verb.allCases.map { verb in
            let name = verb.rawValue
            return "  \(name)\(String(repeating: " ", count: 10 - name.count))\(verb.help)"
        }
        return
            (["usage: migrate <command>", ""] + verbs + ["", "The database is DATABASE_URL, as its owner."])
            .joined(separator: "\n")
    }

    package func run(
        on database: Database, _ lists: [MigrationList], print: @escaping @Sendable (String) -> Void
    ) async -> Outcome {
        do {
            let runner = MigrationRunner(database, lists, report: print)
            switch verb {
            case .up: try await runner.up()
            case .verify: try await runner.verify()
            case .status: for entry in try await runner.status() { print(line(for: entry)) }
            case .stats: for table in try await database.run(.tableSizes(in: lists)) { print(table.line) }
            }
            return .done
        } catch let error as DatabaseError {
            print("migrate \(verb.rawValue): \(error.message)")
            return .failed
        } catch {
            print("migrate \(verb.rawValue): \(error)")
            return .failed
        }
    }

    private func line(for entry: MigrationStatus) -> String {
        let time = entry.appliedAt.map { " \($0.ISO8601Format())" } ?? ""
        return "\(entry.service) \(entry.name) \(entry.state.rawValue)\(time)"
    }
}
