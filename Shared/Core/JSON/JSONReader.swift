import FoundationEssentials

/// How strictly `JSONReader` reads.
package struct JSONReadingRules: Sendable {
    /// Members that the type does not know: API bodies ignore them, OCPP 1.6's schemas forbid them.
    package var refusesUnknownMembers = false
    /// Go on after a mistake, so that a person hears of all of them at once.
    package var collectsMistakes = false
    /// `null` for an optional member: the same as absent, or a mistake.
    package var refusesNull = false
    /// Text is read without white space at its ends, but where a type asks for `Verbatim`; U+0000 is refused everywhere,
    /// because PostgreSQL can hold it nowhere.
    package var tidiesText = false
    /// After so many the rest of the document is not looked at: nobody reads more, and each costs a way to its place.
    package var mostMistakes = 100

    package init() {}

    /// What comes from outside in the API's manner, and from stations where they are not to be blamed for a `null`.
    package static let api: JSONReadingRules = {
        var rules = JSONReadingRules()
        rules.collectsMistakes = true
        rules.tidiesText = true
        return rules
    }()

    /// Bodies of requests: `null` clears what can be nothing, and is a mistake for everything else (api.md 1.2).
    package static let body: JSONReadingRules = {
        var rules = JSONReadingRules.api
        rules.refusesNull = true
        return rules
    }()

    /// OCPP messages: the schemas say `additionalProperties: false`, and their optional members know no null.
    package static let strict: JSONReadingRules = {
        var rules = JSONReadingRules()
        rules.refusesUnknownMembers = true
        rules.refusesNull = true
        return rules
    }()
}

/// Reads `Decodable` types from JSON, strictly, with mistakes that name their place.
package enum JSONReader {
    /// Throws: `JSONMistakes`; with a single `malformed` one for text that is no JSON.
    package static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: [UInt8], rules: JSONReadingRules = .init(),
        limits: JSONLimits = .init()
    ) throws(JSONMistakes) -> Value {
        let document: JSONDocument
        do {
            document = try JSONDocument(bytes, limits: limits)
        } catch {
            throw JSONMistakes([JSONMistake(.malformed, at: "", error.description)])
        }
        return try decode(type, from: document, rules: rules)
    }

    /// Reads the value at `index` of a document that was scanned already.
    package static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from document: JSONDocument, at index: Int = 0,
        rules: JSONReadingRules = .init()
    ) throws(JSONMistakes) -> Value {
        if let fast = Value.self as? any JSONFastDecodable.Type,
            // Whatever is unusual is left to the ordinary way.
            let value = try? fast.init(fast: document, at: index) as? Value
        {
            return value
        }
        let reading = JSONReading(document, rules: rules)
        if rules.tidiesText { reading.refuseNUL() }
        let value: Value?
        do {
            value = try reading.value(type, at: index)
            reading.refuseUntouched(below: index)
        } catch {
            value = nil
            if let mistake = reading.mistake(from: error, at: index, type) {
                reading.mistakes.append(mistake)
            }
        }
        guard let value, reading.mistakes.isEmpty else { throw JSONMistakes(reading.mistakes) }
        return value
    }
}

/// One document being read: what is shared by all containers of one `decode`.
final class JSONReading {
    let document: JSONDocument
    let rules: JSONReadingRules
    var mistakes: [JSONMistake] = []
    /// Names of members that somebody asked for, and objects that were read member by member.
    private var touched: [Bool] = []
    private var opened: [Int] = []
    /// Types mostly ask for members in the order in which they were sent: where the next one probably is.
    private var hint = (object: -1, name: 0)

    init(_ document: JSONDocument, rules: JSONReadingRules) {
        self.document = document
        self.rules = rules
        if rules.refusesUnknownMembers {
            touched = [Bool](repeating: false, count: document.tokens.count)
        }
    }

    /// Something was noted already; this only unwinds.
    struct Noted: Error {}

    func open(_ object: Int) {
        if rules.refusesUnknownMembers { opened.append(object) }
    }

    /// Index of the member's value.
    func find(_ name: String, in object: Int) -> Int? {
        let end = Int(document.tokens[object].next)
        let start = hint.object == object && hint.name < end ? hint.name : object + 1
        var index = start
        while index < end {
            if !document.tokens[index].isRepeated, document.string(at: index, is: name) {
                return found(index, in: object)
            }
            index = Int(document.tokens[index + 1].next)
        }
        index = object + 1
        while index < start {
            if !document.tokens[index].isRepeated, document.string(at: index, is: name) {
                return found(index, in: object)
            }
            index = Int(document.tokens[index + 1].next)
        }
        return nil
    }

    private func found(_ name: Int, in object: Int) -> Int {
        if rules.refusesUnknownMembers { touched[name] = true }
        hint = (object, Int(document.tokens[name + 1].next))
        return name + 1
    }

    func refuseUntouched(below root: Int) {
        for object in opened {
            var index = object + 1
            while index < Int(document.tokens[object].next) {
                if !touched[index], !document.tokens[index].isRepeated {
                    mistakes.append(JSONMistake(.unknown, at: document.path(to: index), "is not known here"))
                }
                index = Int(document.tokens[index + 1].next)
            }
        }
    }

    /// Only an escape can bring the character into a document.
    func refuseNUL() {
        for index in document.tokens.indices
        where document.tokens[index].kind == .string && document.tokens[index].isComplex
            && document.string(at: index).utf8.contains(0)
        {
            mistakes.append(
                JSONMistake(
                    .constraint, at: document.path(to: index), "must not contain the character U+0000"))
            if mistakes.count >= rules.mostMistakes { return }
        }
    }

    func note(_ kind: JSONMistake.Kind, at index: Int, _ text: String) -> Noted {
        mistakes.append(JSONMistake(kind, at: document.path(to: index), text))
        return Noted()
    }

    func noteMissing(_ name: String, in object: Int) -> Noted {
        let path = document.path(to: object)
        mistakes.append(JSONMistake(.missing, at: path.isEmpty ? name : "\(path).\(name)", "is required"))
        return Noted()
    }

    /// What an error of somebody's `init(from:)` says to the sender; nil when it was noted before.
    func mistake(from error: any Error, at index: Int, _ type: Any.Type) -> JSONMistake? {
        switch error {
        case is Noted: nil
        case let outside as OutsideLimits:
            JSONMistake(.constraint, at: document.path(to: index), outside.text)
        case let DecodingError.dataCorrupted(context):
            JSONMistake(
                .constraint, at: document.path(to: index), Self.words(of: type) ?? context.debugDescription)
        case DecodingError.typeMismatch, DecodingError.valueNotFound:
            JSONMistake(.type, at: document.path(to: index), "has the wrong type")
        default: JSONMistake(.constraint, at: document.path(to: index), "is not valid")
        }
    }

    /// An enumeration refuses a word in a sentence of its own; a person is better helped by those that are right.
    private static func words(of type: Any.Type) -> String? {
        guard let texts = (type as? any (RawRepresentable & CaseIterable).Type)?.texts else { return nil }
        return "must be one of \(texts.joined(separator: ", "))"
    }

    /// After a mistake: goes on with a stand-in where all mistakes are wanted and the type has one.
    func standIn<Value>(for type: Value.Type, after error: any Error, at index: Int) throws -> Value {
        if let mistake = mistake(from: error, at: index, type) { mistakes.append(mistake) }
        guard rules.collectsMistakes, mistakes.count < rules.mostMistakes,
            let standIn = JSONProbe.standIn(for: type)
        else { throw Noted() }
        return standIn
    }

    // Short and without closures: the compiler cannot specialise what the library calls by `Decodable`, and each generic
    // step costs.
    func value<Value: Decodable>(_ type: Value.Type, at index: Int) throws -> Value {
        do {
            if type == Date.self { return unsafeBitCast(try date(at: index), to: type) }
            return try type.init(from: JSONTapeDecoder(reading: self, index: index))
        } catch {
            return try standIn(for: type, after: error, at: index)
        }
    }

    func date(at index: Int) throws -> Date {
        guard document.tokens[index].kind == .string else { throw note(.type, at: index, "must be text") }
        guard let date = document.time(at: index)?.date else {
            throw OutsideLimits("must be a time such as 2026-11-20T10:30:00Z")
        }
        return date
    }

    func string(at index: Int) throws -> String {
        let text = try verbatim(at: index).text
        return rules.tidiesText ? text.trimmed : text
    }

    func verbatim(at index: Int) throws -> VerbatimText {
        guard document.tokens[index].kind == .string else { throw note(.type, at: index, "must be text") }
        return VerbatimText(text: document.string(at: index))
    }

    func bool(at index: Int) throws -> Bool {
        switch document.tokens[index].kind {
        case .true: return true
        case .false: return false
        default: throw note(.type, at: index, "must be true or false")
        }
    }

    func double(at index: Int) throws -> Double {
        guard let number = document.double(at: index) else {
            throw note(.type, at: index, "must be a number")
        }
        return number
    }

    func integer<Value: FixedWidthInteger>(_ type: Value.Type, at index: Int) throws -> Value {
        guard let number = document.integer(at: index) else {
            throw note(.type, at: index, "must be a whole number")
        }
        guard let value = Value(exactly: number) else {
            throw note(.constraint, at: index, "must be between \(Value.min) and \(Value.max)")
        }
        return value
    }
}

extension RawRepresentable where Self: CaseIterable {
    /// The words of an enumeration of texts; nil for one of numbers.
    static var texts: [String]? {
        guard RawValue.self == String.self else { return nil }
        return allCases.compactMap { $0.rawValue as? String }
    }
}
