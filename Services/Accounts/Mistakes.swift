import HTTP

/// What is wrong with a request whose fields are each of the right kind: gathered, so that one answer tells all of it.
struct Mistakes {
    private var found: [(field: String, text: String)] = []

    mutating func add(_ field: String, _ text: String) { found.append((field, text)) }

    /// Throws: `InvalidRequest`, when there was a mistake.
    func check() throws(InvalidRequest) {
        if let all { throw all }
    }

    /// Nil when there was no mistake.
    var all: InvalidRequest? {
        guard !found.isEmpty else { return nil }
        var errors: [String: [String]] = [:]
        for mistake in found { errors[mistake.field, default: []].append(mistake.text) }
        let first = found[0]
        let reason = first.field == "non_field_errors" ? first.text : "\(first.field) \(first.text)"
        return InvalidRequest(reason: reason, errors: errors)
    }
}

/// A request with mistakes, by field.
struct InvalidRequest: Refusal, Equatable {
    let reason: String
    let errors: [String: [String]]

    var problem: Problem { Problem(.badRequest, reason, errors: errors) }
}
