package import Testing

/// The promises that a test proves: acceptance facts of the API by number, certification cases and misbehaving
/// stations by name. One test of the suite lists those that no test carries.
package struct Facts: SuiteTrait, TestTrait {
    package let numbers: [Int]
    package let cases: [String]
    package let misbehaviours: [String]

    // The suite's tests carry it too.
    package var isRecursive: Bool { true }
}

extension Trait where Self == Facts {
    /// Acceptance facts, by their numbers.
    package static func fact(_ numbers: Int...) -> Facts {
        Facts(numbers: numbers, cases: [], misbehaviours: [])
    }

    /// Certification cases, such as `TC_004_1`.
    package static func covers(_ cases: String...) -> Facts {
        Facts(numbers: [], cases: cases, misbehaviours: [])
    }

    /// What a station did wrong.
    package static func misbehaviour(_ names: String...) -> Facts {
        Facts(numbers: [], cases: [], misbehaviours: names)
    }
}
