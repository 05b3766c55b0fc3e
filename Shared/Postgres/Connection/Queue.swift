/// First in, first out, in amortised constant time at both ends.
struct Queue<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : storage[head] }

    mutating func append(_ element: Element) {
        storage.append(element)
    }

    @discardableResult
    mutating func popFirst() -> Element? {
        guard !isEmpty, let element = storage[head] else { return nil }
        storage[head] = nil
        head += 1
        if head == storage.count {
            storage.removeAll(keepingCapacity: storage.count < 1_024)
            head = 0
        } else if head > 256, head > storage.count / 2 {
            storage.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes out every element that `mustLeave` names; the others keep their order.
    mutating func extract(where mustLeave: (Element) -> Bool) -> [Element] {
        var gone: [Element] = []
        var staying: [Element?] = []
        for case let element? in storage[head...] {
            if mustLeave(element) { gone.append(element) } else { staying.append(element) }
        }
        guard !gone.isEmpty else { return [] }
        storage = staying
        head = 0
        return gone
    }

    mutating func removeAll() -> [Element] {
        defer {
            storage = []
            head = 0
        }
        return storage[head...].compactMap(\.self)
    }
}
