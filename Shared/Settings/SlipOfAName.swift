/// Whether one name is probably the other with a slip of the finger: a letter more, less, wrong or two swapped;
/// two slips in names that are long enough. Short names are too alike to guess at.
func isSlip(_ found: String, of known: String) -> Bool {
    let found = Array(found.utf8)
    let known = Array(known.utf8)
    guard found != known, known.count >= 5 else { return false }
    let slips = known.count >= 12 ? 2 : 1
    guard abs(found.count - known.count) <= slips else { return false }
    return distance(found, known) <= slips
}

/// Damerau's distance with adjacent swaps, on three rows.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var this = [row + 1]
        for column in 0..<right.count {
            let change = last[column] + (left[row] == right[column] ? 0 : 1)
            var best = min(change, last[column + 1] + 1, this[column] + 1)
            let isSwap =
                row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
            if isSwap { best = min(best, beforeLast[column - 1] + 1) }
            this.append(best)
        }
        beforeLast = last
        last = this
    }
    return last[right.count]
}
