package import FoundationEssentials

/// Something that the quick way does not deal with: the ordinary one finds out what it is, and says so.
@usableFromInline package struct JSONUnusual: Error {
    @usableFromInline package init() {}
}

/// A type with a quick way from the tokens, beside the one by `Codable`: for what comes a thousand times a second.
///
///     extension SampledValue: JSONFastDecodable {
///         init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
///             var members = try JSONMemberCursor(document, at: index)
///             value = try members.required("value", in: document)
///             unit = try members.optional("unit", in: document)
///             try members.finish()
///         }
///     }
///
/// `@inlinable` here, and the `@usableFromInline` that it asks for in the tape and the values, let the modules that read
/// specialise these few generic steps; without it the quick way takes twice as long.
///
/// It takes only what is right under any rules, and then reads the same as `Codable`; a test holds the two together.
@usableFromInline package protocol JSONFastDecodable: Decodable {
    init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual)
}

/// Goes through the members of one object. Names are looked for from the last one found on, so that a type which asks
/// in the usual order compares each name once.
@usableFromInline package struct JSONMemberCursor {
    private let first: Int
    private let end: Int
    private var position: Int
    private var unread = 0

    /// Throws for what is no object, and for one whose names have escapes or repeat.
    package init(_ document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        guard document.tokens[index].kind == .object else { throw JSONUnusual() }
        first = index + 1
        position = first
        end = Int(document.tokens[index].next)
        var name = first
        while name < end {
            if document.tokens[name].isComplex || document.tokens[name].isRepeated { throw JSONUnusual() }
            unread += 1
            name = Int(document.tokens[name + 1].next)
        }
    }

    /// Index of the member's value. Each member is to be asked for once.
    @usableFromInline package mutating func find(_ name: StaticString, in document: borrowing JSONDocument)
        -> Int?
    {
        guard first < end else { return nil }
        if position >= end { position = first }
        let start = position
        repeat {
            let value = position + 1
            let found = document.string(at: position, is: name)
            position = Int(document.tokens[value].next)
            if found {
                unread -= 1
                return value
            }
            if position >= end { position = first }
        } while position != start
        return nil
    }

    @inlinable package mutating func required<Value: JSONFastDecodable>(
        _ name: StaticString, _ type: Value.Type = Value.self, in document: borrowing JSONDocument
    ) throws(JSONUnusual) -> Value {
        guard let value = find(name, in: document) else { throw JSONUnusual() }
        return try Value(fast: document, at: value)
    }

    /// A `null` is unusual: rules differ about it.
    @inlinable package mutating func optional<Value: JSONFastDecodable>(
        _ name: StaticString, _ type: Value.Type = Value.self, in document: borrowing JSONDocument
    ) throws(JSONUnusual) -> Value? {
        guard let value = find(name, in: document) else { return nil }
        return try Value(fast: document, at: value)
    }

    /// A moment with its zone.
    package mutating func date(
        _ name: StaticString, in document: borrowing JSONDocument
    ) throws(JSONUnusual) -> Date? {
        guard let value = find(name, in: document) else { return nil }
        guard let time = document.time(at: value) else { throw JSONUnusual() }
        return time.date
    }

    /// To be called when everything has been asked for: members that are left over are for the rules to judge.
    package func finish() throws(JSONUnusual) {
        if unread != 0 { throw JSONUnusual() }
    }
}

extension JSONDocument {
    /// The string at `index`, or what is no string thrown out.
    @usableFromInline package borrowing func text(at index: Int) throws(JSONUnusual) -> String {
        guard tokens[index].kind == .string else { throw JSONUnusual() }
        return string(at: index)
    }

    @usableFromInline package borrowing func whole(at index: Int) throws(JSONUnusual) -> Int64 {
        guard let number = integer(at: index) else { throw JSONUnusual() }
        return number
    }
}

extension String: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        self = try document.text(at: index)
    }
}

extension Int: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        self = Int(try document.whole(at: index))
    }
}

extension Int64: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        self = try document.whole(at: index)
    }
}

extension Bool: JSONFastDecodable {
    @usableFromInline package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        switch document.tokens[index].kind {
        case .true: self = true
        case .false: self = false
        default: throw JSONUnusual()
        }
    }
}

extension Array: JSONFastDecodable where Element: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        let array = document.tokens[index]
        guard array.kind == .array else { throw JSONUnusual() }
        self.init()
        var element = index + 1
        while element < Int(array.next) {
            append(try Element(fast: document, at: element))
            element = Int(document.tokens[element].next)
        }
    }
}

extension Bounded: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        guard let bounded = Self(try document.text(at: index)) else { throw JSONUnusual() }
        self = bounded
    }
}

extension Whole: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        guard let number = Self(Int(try document.whole(at: index))) else { throw JSONUnusual() }
        self = number
    }
}

extension Open: JSONFastDecodable {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        self.init(try document.text(at: index))
    }
}

/// The words of an enumeration: it only has to name the protocol.
extension JSONFastDecodable where Self: RawRepresentable, RawValue == String {
    @inlinable package init(fast document: borrowing JSONDocument, at index: Int) throws(JSONUnusual) {
        guard let word = Self(rawValue: try document.text(at: index)) else { throw JSONUnusual() }
        self = word
    }
}
