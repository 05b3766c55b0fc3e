import Core
import FoundationEssentials
import Outbound
import Settings
import Telemetry

/// Writes a few words about a car: itself, or by somebody else's model (api.md 5.11).
struct CarTexts: Sendable {
    let settings: AISettings
    let outbound: Outbound
    let log: Log

    struct Written: Equatable, Sendable {
        let text: String
        let provider: AISettings.Provider
    }

    /// What the model writes in the place of the car's name, which it is not told.
    private static let placeholder = "{car}"
    private static let patience = Duration.seconds(4)

    /// Throws: `NotificationRefusal.noText`.
    func write(_ facts: CarFacts, about car: String) async throws(NotificationRefusal) -> Written {
        let own = Written(text: facts.text(about: car), provider: .embedded)
        guard settings.provider == .openai else { return own }
        if let text = await ask(facts) {
            let named =
                text.contains(Self.placeholder)
                ? text.replacing(Self.placeholder, with: car) : "Your \(car): \(text)"
            return Written(text: Bounded<5_000>(cutting: named).text, provider: .openai)
        }
        guard settings.fallsBack else { throw .noText }
        return own
    }

    /// Nil for whatever is no text.
    private func ask(_ facts: CarFacts) async -> String? {
        var request = OutboundRequest(.post, "\(settings.baseURL)/chat/completions", timeout: Self.patience)
        request.headers = [("Content-Type", "application/json")]
        if let key = settings.key {
            key.reveal { request.headers.append(("Authorization", "Bearer \($0)")) }
        }
        request.body = JSONWriter.encode(question(facts))
        do {
            let answer = try await outbound.send(request)
            guard answer.status == 200 else {
                log.warning("ai.refused", ["status": .count(answer.status)])
                return nil
            }
            let completion = try JSONReader.decode(Completion.self, from: answer.body, rules: .api)
            let text = completion.choices.first?.message.content?.trimmed
            return text?.isEmpty == false ? text : nil
        } catch {
            log.warning("ai.failed", ["error": .text("\(error)")])
            return nil
        }
    }

    /// Numbers only: no name, e-mail, plate or address leaves the house.
    private func question(_ facts: CarFacts) -> JSONValue {
        let task = """
            Write two or three friendly sentences to the driver of an electric car about how it was charged this month. \
            Use only the numbers given. Write \(Self.placeholder) where the car's name belongs. Plain text.
            """
        let numbers = """
            energy_kwh=\(facts.kilowattHours) sessions=\(facts.sessions) full_charges=\(facts.fullCharges) \
            saved_co2_kg=\(facts.savedKilograms) usual_hour=\(facts.bestHour.map { "\($0)" } ?? "unknown")
            """
        return [
            "model": .string(settings.model), "max_tokens": 200,
            "messages": [
                ["role": "system", "content": .string(task)], ["role": "user", "content": .string(numbers)],
            ],
        ]
    }

    private struct Completion: Codable {
        struct Choice: Codable {
            struct Message: Codable {
                var content: String?
            }
            var message: Message
        }
        var choices: [Choice]
    }
}
