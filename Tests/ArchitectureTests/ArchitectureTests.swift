import Foundation
import Testing

@Suite struct `The import rule` {
    @Test func `lets arrows point down only`() throws {
        var trespasses: [String] = []
        for file in try SourceTree.files(in: "Shared") where !file.path.hasPrefix("Shared/C/") {
            let folder = file.path.split(separator: "/").prefix(2).joined(separator: "/")
            let allowed = ImportRule.allowed[folder, default: []].union(ImportRule.everywhere)
            for module in file.lines.compactMap(ImportRule.imported(by:)) where !allowed.contains(module) {
                trespasses.append("\(file.path) imports \(module)")
            }
        }
        #expect(trespasses == [])
    }

    @Test func `lets one module alone import each C library`() throws {
        var importers: [String: Set<String>] = [:]
        for file in try SourceTree.files(in: "Shared", "Services", "Tests") {
            let folder = file.path.split(separator: "/").prefix(2).joined(separator: "/")
            for module in file.lines.compactMap(ImportRule.imported(by:)) where isC(module) {
                importers[module, default: []].insert(folder)
            }
        }
        #expect(importers.filter { $0.value.count > 1 } == [:])
    }

    private func isC(_ module: String) -> Bool {
        module.hasPrefix("C") && module.dropFirst().first?.isUppercase == true
    }
}

@Suite struct `The top level` {
    @Test func `holds what the user fixed and nothing else`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path())
        #expect(
            Set(names.filter { !$0.hasPrefix(".") }) == [
                "Package.swift", "README.md", "Services", "Shared", "Tests", "deploy", "docker-compose.yaml",
            ])
    }
}

@Suite struct `House style` {
    @Test func `opens nothing to the outside of the package`() throws {
        let public_ = try SourceTree.files(in: "Shared", "Services", "Tests").flatMap { file in
            file.lines.filter { $0.contains("public ") && isDeclaration($0) }.map { "\(file.path): \($0)" }
        }
        #expect(public_ == [])
    }

    @Test func `names every column that it selects`() throws {
        let everything = try SourceTree.files(in: "Shared", "Services").flatMap { file in
            file.lines.filter { $0.contains("SELECT *") }.map { "\(file.path): \($0)" }
        }
        #expect(everything == [])
    }

    @Test func `asks the clock for the time`() throws {
        let own = ["Shared/Core/Time/Clock.swift"]
        let elsewhere = try SourceTree.files(in: "Shared", "Services").filter { !own.contains($0.path) }
            .flatMap { file in
                file.lines.filter { $0.contains("Date()") && !$0.contains("//") }.map {
                    "\(file.path): \($0)"
                }
            }
        #expect(elsewhere == [])
    }

    @Test func `gives every task of its own a loop to prefer`() throws {
        let homeless = try SourceTree.files(in: "Shared", "Services").flatMap { file in
            file.lines.filter { line in
                let code = line.trimmingPrefix { $0 == " " }
                return !code.hasPrefix("//")
                    && ["Task {", "Task.immediate {", "Task.detached"].contains { line.contains($0) }
                    // A group's children inherit the preference of the task that owns the group.
                    && !line.contains("addTask {")
            }.map { "\(file.path): \($0)" }
        }
        #expect(homeless == [])
    }

    private func isDeclaration(_ line: String) -> Bool {
        let words = line.split(separator: " ")
        return words.first == "public"
    }
}
