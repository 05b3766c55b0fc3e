/// A type with a quick way to its text, beside the one by `Codable`: for what is told a thousand times a second. It counts
/// where the type is the whole document; within another it is written as ever.
///
/// Both ways make the same text; a test holds them together.
package protocol JSONFastEncodable: Encodable {
    func write(to output: inout JSONOutput)
}
