import CPixbuf
import Core
import Dispatch

/// A picture that somebody sent, drawn anew: of their file nothing is kept but the points, no place where it was taken, no
/// camera, nothing that hides behind a picture's end.
package struct Picture: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case png, jpeg

        package var mediaType: String { "image/\(rawValue)" }
    }

    package let kind: Kind
    package let bytes: [UInt8]
    package let width: Int
    package let height: Int
}

/// Why a file does not serve as a picture.
package enum UnusablePicture: Error, Equatable, Sendable {
    case neitherPNGNorJPEG
    /// More points a side than this.
    case tooLarge(Int)
    case broken
}

/// Draws pictures anew off the event loops, a few at a time: each takes four bytes a point while it is worked on.
package struct PicturePress: Sendable {
    private let gate: BlockingGate

    package init() {
        gate = BlockingGate(name: "pictures", width: 2, capacity: 32) { work in
            DispatchQueue.global().async(execute: work)
        }
    }

    /// - Parameter side: the most points a side may have.
    ///
    /// Throws: `UnusablePicture`; `BlockingGate.Full`.
    package func redraw(_ file: [UInt8], side: Int) async throws -> Picture {
        try await gate.run { try Picture(redrawing: file, side: side) }
    }
}

extension Picture {
    /// Burns a core for milliseconds: on an event loop, use a `PicturePress`.
    package init(redrawing file: [UInt8], side: Int) throws(UnusablePicture) {
        guard let kind = Kind(of: file) else { throw .neitherPNGNorJPEG }
        let drawn = try Drawn(file, kind, side: side)
        width = Int(gdk_pixbuf_get_width(drawn.points))
        height = Int(gdk_pixbuf_get_height(drawn.points))
        var buffer: UnsafeMutablePointer<gchar>?
        var count: gsize = 0
        guard
            gdk_pixbuf_save_to_bufferv(drawn.points, &buffer, &count, kind.rawValue, nil, nil, nil) != 0,
            let buffer
        else { throw .broken }
        defer { g_free(buffer) }
        bytes = UnsafeRawBufferPointer(start: buffer, count: Int(count)).map { $0 }
        self.kind = kind
    }
}

extension Picture.Kind {
    /// By content: what somebody calls a file is nothing to go by.
    fileprivate init?(of file: [UInt8]) {
        if file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if file.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else {
            return nil
        }
    }
}

/// The points of a file.
private struct Drawn: ~Copyable {
    let points: OpaquePointer

    /// One loader by its name, so that a file is never read as anything else than what it says at its beginning.
    init(_ file: [UInt8], _ kind: Picture.Kind, side: Int) throws(UnusablePicture) {
        guard let loader = gdk_pixbuf_loader_new_with_type(kind.rawValue, nil) else { throw .broken }
        defer { g_object_unref(loader) }
        let size = SizeCheck(most: side)
        let check: @convention(c) (UnsafeMutablePointer<GdkPixbufLoader>?, gint, gint, gpointer?) -> Void = {
            loader, width, height, size in
            guard let size else { return }
            let check = Unmanaged<SizeCheck>.fromOpaque(size).takeUnretainedValue()
            check.isOver = Int(max(width, height)) > check.most
            // No size at all ends the reading, before memory is taken for the points.
            if check.isOver { gdk_pixbuf_loader_set_size(loader, 0, 0) }
        }
        g_signal_connect_data(
            loader, "size-prepared", unsafeBitCast(check, to: GCallback.self),
            Unmanaged.passUnretained(size).toOpaque(), nil, GConnectFlags(rawValue: 0))
        let isRead = withExtendedLifetime(size) {
            let isWritten = gdk_pixbuf_loader_write(loader, file, gsize(file.count), nil) != 0
            return gdk_pixbuf_loader_close(loader, nil) != 0 && isWritten
        }
        guard !size.isOver else { throw .tooLarge(side) }
        guard isRead, let read = gdk_pixbuf_loader_get_pixbuf(loader) else { throw .broken }
        // How the camera was held stands in what is thrown away.
        guard let upright = gdk_pixbuf_apply_embedded_orientation(read) else { throw .broken }
        points = upright
    }

    deinit { g_object_unref(UnsafeMutableRawPointer(points)) }
}

private final class SizeCheck {
    let most: Int
    var isOver = false

    init(most: Int) { self.most = most }
}
