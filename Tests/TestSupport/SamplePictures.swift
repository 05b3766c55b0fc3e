import FoundationEssentials

/// Files as people send them, each with something in it that must not come out again.
package enum SamplePictures {
    /// 16 × 8, with a text chunk `SECRET-PLACE`, and a script behind its end.
    package static let png = bytes(
        """
        iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAIAAAB/FOjAAAAAFHRFWHRDb21tZW50AFNFQ1JFVC1QTEFDRUYP9nUAAAATSURBVHja
        Y1Bo+EASYhjVQAsNAMJwyAG4thgFAAAAAElFTkSuQmCCPHNjcmlwdD5TRUNSRVQtVEFJTDwvc2NyaXB0Pg==
        """)

    /// 16 × 8 and turned by a quarter, as its EXIF says, which also holds `SECRET-PLACE`.
    package static let jpeg = bytes(
        """
        /9j/4QA7RXhpZgAATU0AKgAAAAgAAgEOAAIAAAANAAAAJgESAAMAAAABAAYAAAAAAABTRUNSRVQtUExBQ0UA/+AAEEpGSUYAAQEA
        AAEAAQAA/9sAQwAUDg8SDw0UEhASFxUUGB4yIR4cHB49LC4kMklATEtHQEZFUFpzYlBVbVZFRmSIZW13e4GCgU5gjZeMfZZzfoF8
        /9sAQwEVFxceGh47ISE7fFNGU3x8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8/8AAEQgA
        CAAQAwEiAAIRAQMRAf/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUS
        ITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0
        dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX2
        9/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXET
        IjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoKD
        hIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/aAAwD
        AQACEQMRAD8Ahooor2zyT//Z
        """)

    /// 3000 × 1.
    package static let widePNG = bytes(
        """
        iVBORw0KGgoAAAANSUhEUgAAC7gAAAABCAIAAADBtXRpAAAAJElEQVR42u3CAQ0AAAgDIKM8qpGNYI8PxmRPVVVVVVVVVVXrPxh5
        UI9elqQbAAAAAElFTkSuQmCC
        """)

    private static func bytes(_ base64: String) -> [UInt8] {
        Data(base64Encoded: base64.replacing("\n", with: "")).map { [UInt8]($0) } ?? []
    }
}

extension Collection<UInt8> {
    package func holds(_ text: String) -> Bool { Array(self).firstRange(of: Array(text.utf8)) != nil }
}
