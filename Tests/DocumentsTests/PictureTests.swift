import Documents
import TestSupport
import Testing

@Suite struct `A picture that was sent` {
    @Test func `comes out as it looks, and with nothing else that was in the file`() throws {
        #expect(SamplePictures.png.holds("SECRET") && SamplePictures.jpeg.holds("SECRET"))

        let png = try Picture(redrawing: SamplePictures.png, side: 2_048)
        let jpeg = try Picture(redrawing: SamplePictures.jpeg, side: 2_048)

        #expect(png.kind == .png && (png.width, png.height) == (16, 8))
        // The camera was held upright.
        #expect(jpeg.kind == .jpeg && (jpeg.width, jpeg.height) == (8, 16))
        for picture in [png, jpeg] {
            #expect(!picture.bytes.holds("SECRET") && !picture.bytes.holds("Exif"))
            // And it is a picture again.
            let again = try Picture(redrawing: picture.bytes, side: 2_048)
            #expect((again.width, again.height) == (picture.width, picture.height))
        }
    }

    @Test func `has so many points a side and no more`() throws {
        #expect(throws: UnusablePicture.tooLarge(2_048)) {
            try Picture(redrawing: SamplePictures.widePNG, side: 2_048)
        }
        #expect(throws: UnusablePicture.tooLarge(15)) { try Picture(redrawing: SamplePictures.png, side: 15) }
        #expect(throws: UnusablePicture.tooLarge(15)) {
            try Picture(redrawing: SamplePictures.jpeg, side: 15)
        }
        #expect(try Picture(redrawing: SamplePictures.png, side: 16).width == 16)
    }

    @Test(arguments: ["", "GIF89a", "<svg xmlns='http://www.w3.org/2000/svg'/>", "BM", "%PDF-1.4"])
    func `is PNG or JPEG by what is in it`(file: String) {
        #expect(throws: UnusablePicture.neitherPNGNorJPEG) {
            try Picture(redrawing: Array(file.utf8), side: 99)
        }
    }

    @Test func `is refused where it breaks off or was tampered with`() {
        for file in [SamplePictures.png, SamplePictures.jpeg] {
            for count in [8, 20, 40, 60] {
                #expect(throws: UnusablePicture.self) {
                    try Picture(redrawing: Array(file.prefix(count)), side: 99)
                }
            }
        }
        var broken = SamplePictures.png
        broken[20] ^= 0xFF
        #expect(throws: UnusablePicture.self) { try Picture(redrawing: broken, side: 1 << 20) }
    }
}

@Suite struct `A QR code` {
    @Test func `has the three finders of every QR code`() throws {
        let code = try #require(QRCode("VB1:5:0123456789ab"))
        let finder = [
            "#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######",
        ]

        for (top, left) in [(0, 0), (0, code.size - 7), (code.size - 7, 0)] {
            let read = (0..<7).map { row in
                String((0..<7).map { code.isDark(left + $0, top + row) ? "#" : "." })
            }
            #expect(read == finder)
        }
        #expect(code.size % 4 == 1)
    }

    @Test func `is drawn with each dark module where it belongs, within a quiet zone`() throws {
        let code = try #require(QRCode("VB1:5:0123456789ab"))
        var drawn: Set<[Int]> = []
        let path = try #require(code.svg.split(separator: " d=\"").last?.split(separator: "\"").first)
        for run in path.split(separator: "M") {
            let numbers = run.split { !$0.isNumber }.compactMap { Int($0) }
            for column in 0..<numbers[2] { drawn.insert([numbers[0] - 4 + column, numbers[1] - 4]) }
        }

        for x in 0..<code.size {
            for y in 0..<code.size { #expect(drawn.contains([x, y]) == code.isDark(x, y)) }
        }
        #expect(code.svg.contains("viewBox=\"0 0 \(code.size + 8) \(code.size + 8)\""))
    }

    @Test func `holds no novel`() {
        #expect(QRCode(String(repeating: "x", count: 5_000)) == nil)
    }
}
