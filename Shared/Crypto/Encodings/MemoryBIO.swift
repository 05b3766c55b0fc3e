import COpenSSL

/// A file in memory, which is how libcrypto reads and writes PEM.
struct MemoryBIO: ~Copyable {
    let bio: OpaquePointer

    init() {
        // The secure kind is wiped when it is freed.
        guard let bio = BIO_new(BIO_s_secmem()) else { fatalError("no memory for a key") }
        self.bio = bio
    }

    init(_ bytes: [UInt8]) {
        self.init()
        insist(
            BIO_write(bio, bytes, Int32(bytes.count)) == bytes.count || bytes.isEmpty ? 1 : 0, "copying a key"
        )
    }

    var text: String {
        var start: UnsafeMutablePointer<CChar>?
        let count = voltbus_bio_contents(bio, &start)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    deinit {
        BIO_free(bio)
    }
}
