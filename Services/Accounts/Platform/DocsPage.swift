import Crypto
import HTTP

/// The page that people read the API's document on. Style and script stand in it: no other host is asked for anything.
struct DocsPage: Sendable {
    let html: HTML

    init() {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        let script = text(PackageResources.docs_js)
        let page = text(PackageResources.docs_html)
            .replacing("STYLE", with: text(PackageResources.docs_css))
            .replacing("SCRIPT", with: script)
        // The one script, by its digest: whatever else may get onto the page does not run.
        let digest = Base64.standard.text(SHA256.hash(Array(script.utf8)))
        html = HTML(
            page,
            policy:
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-\(digest)'; connect-src 'self'; "
                + "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    }
}
