/// How a run of text looks. Sizes are points.
package struct TextStyle: Hashable, Sendable {
    package var size: Double
    package var weight: Weight
    package var isItalic: Bool
    package var colour: Colour
    /// Distance from line to line as a multiple of the font's own.
    package var leading: Double

    package init(
        size: Double = 9.5, weight: Weight = .regular, isItalic: Bool = false, colour: Colour = .ink,
        leading: Double = 1
    ) {
        self.size = size
        self.weight = weight
        self.isItalic = isItalic
        self.colour = colour
        self.leading = leading
    }

    package static let title = TextStyle(size: 22, weight: .bold)
    package static let heading = TextStyle(size: 12, weight: .bold)
    package static let body = TextStyle()
    package static let strong = TextStyle(weight: .bold)
    package static let small = TextStyle(size: 8, colour: .muted)
    /// The word above or beside a value.
    package static let label = TextStyle(size: 7.5, colour: .muted)

    package func coloured(_ colour: Colour) -> TextStyle {
        var style = self
        style.colour = colour
        return style
    }

    package enum Weight: Int32, Sendable {
        case regular = 400
        case medium = 500
        case bold = 700
    }
}

/// A colour of the screen's RGB, each part 0–1.
package struct Colour: Hashable, Sendable {
    package var red: Double
    package var green: Double
    package var blue: Double

    package init(red: Double, green: Double, blue: Double) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    package init(hex: UInt32) {
        self.init(
            red: Double(hex >> 16 & 0xFF) / 255, green: Double(hex >> 8 & 0xFF) / 255,
            blue: Double(hex & 0xFF) / 255)
    }

    package static let black = Colour(hex: 0x000000)
    package static let white = Colour(hex: 0xFFFFFF)
    package static let ink = Colour(hex: 0x1B2430)
    package static let muted = Colour(hex: 0x66727F)
    package static let hairline = Colour(hex: 0xD5DBE1)
    package static let panel = Colour(hex: 0xF3F6F8)
    package static let accent = Colour(hex: 0x0B7A5B)
}

/// Where lines begin: at the side where their script begins to be read, in the middle, or at the other side.
package enum Alignment: Sendable {
    case start, center, end
}

/// Text whose parts may look different; a plain string literal takes the style of the place it stands in.
package struct StyledText: Hashable, Sendable, ExpressibleByStringInterpolation {
    package var runs: [Run]

    package struct Run: Hashable, Sendable {
        package var text: String
        /// Nil takes the style of the surroundings.
        package var style: TextStyle?
    }

    package init(_ text: String, _ style: TextStyle? = nil) {
        runs = [Run(text: text, style: style)]
    }

    package init(stringLiteral text: String) {
        self.init(text)
    }

    package static func + (left: StyledText, right: StyledText) -> StyledText {
        var joined = left
        joined.runs += right.runs
        return joined
    }
}
