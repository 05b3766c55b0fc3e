import Core

/// A word that queries may write in any case, with `_` for blanks.
protocol LooseWord: CaseIterable, RawRepresentable, Sendable where RawValue == String {
    init?(loosely text: String)
}

/// What a query says of such a word; the API's document shows the words as they are answered.
struct Loosely<Word: LooseWord>: Sendable {
    let word: Word
}

extension Loosely: Codable, JSONSchemaDescribed, JSONStandIn {
    init(from decoder: any Decoder) throws {
        guard let word = Word(loosely: try decoder.singleValueContainer().decode(String.self)) else {
            throw OutsideLimits("is not known")
        }
        self.word = word
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word.rawValue)
    }

    static var jsonSchema: JSONSchema { .words(Word.allCases.map(\.rawValue)) }
    static var standIn: Self { Self(word: Word.allCases[Word.allCases.startIndex]) }
}

extension PortStatus: LooseWord {}
extension ConnectorType: LooseWord {}
