package import FoundationEssentials

extension Date {
    /// "Never", in the family of the contract that has no null for it.
    package static let never = Date(timeIntervalSince1970: -62_135_596_800)
}
