import Glibc

/// Prints a line at once, whole, from whatever thread.
func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
    let bytes = Array((line + "\n").utf8)
    // Where nobody reads there is nobody to tell.
    _ = write(descriptor, bytes, bytes.count)
}
