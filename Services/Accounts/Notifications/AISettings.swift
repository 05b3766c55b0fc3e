package import Settings

/// Who writes the texts about people's cars.
package struct AISettings: ReadableSettings, Sendable {
    enum Provider: String, Codable, CaseIterable, Sendable {
        /// This very process, out of numbers; no network.
        case embedded
        /// Whatever speaks the protocol of OpenAI's chat completions.
        case openai
    }

    let provider: Provider
    /// Without a slash at its end.
    let baseURL: String
    let key: Secret?
    let model: String
    let fallsBack: Bool

    package init(_ read: inout SettingsReader) {
        provider = read.choice("AI_PROVIDER", otherwise: .embedded, "who writes texts about people's cars")
        let base = read.text("AI_BASE_URL", otherwise: "", "of a server that speaks OpenAI's protocol")
        key = read.optionalSecret("AI_API_KEY", atLeast: 1, "for that server")
        model = read.text("AI_MODEL", otherwise: "", "which of that server's models writes")
        fallsBack = read.flag(
            "AI_FALLBACK", otherwise: true, "the embedded writer helps out when that server is away")
        baseURL = base.hasSuffix("/") ? String(base.dropLast()) : base
        if provider == .openai, base.isEmpty || model.isEmpty {
            read.complain(
                "AI_BASE_URL", "or AI_MODEL is missing for AI_PROVIDER=openai", expected: "both")
        }
    }
}
