"""What deploy/verify/docs measures of the API's page; each step says what it expects of a reader's browser."""

import os
import sys

from playwright.sync_api import sync_playwright

BASE = os.environ["VOLTBUS_BASE"]
SHOTS = os.environ["VOLTBUS_SHOTS"]
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
mistakes = []


def until(page, holds):
    """Not wait_for_function: what that does in the page, the page's own policy forbids."""
    for _ in range(300):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(100)
    sys.exit(f"error: it never came true that {holds}")


def expect(holds, what):
    print(("ok     " if holds else "WRONG  ") + what, flush=True)
    if not holds:
        mistakes.append(what)


def focused(page):
    """What has the keyboard, in a few words, and whether one can see that it does."""
    return page.evaluate(
        """() => {
            const one = document.activeElement, style = getComputedStyle(one);
            return { name: one.tagName, id: one.id, text: one.textContent.slice(0, 60),
                seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
        }"""
    )


def contrast(page):
    """The least contrast of any text that is shown against what lies behind it, and whose it is (WCAG 1.4.3 asks for 4.5)."""
    return page.evaluate(
        """() => {
            const part = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
                .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
                .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
            const over = (top, below) => {
                const share = top.length > 3 ? top[3] : 1;
                return [0, 1, 2].map((at) => top[at] * share + below[at] * (1 - share));
            };
            const canvas = document.createElement('canvas').getContext('2d');
            const solid = (name) => { canvas.fillStyle = name; canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
            const dark = matchMedia('(prefers-color-scheme: dark)').matches;
            const root = dark ? [18, 18, 18] : [255, 255, 255];
            const behind = (one) => {
                if (!one) return root;
                const own = part(getComputedStyle(one).backgroundColor);
                return own.length ? over(own, behind(one.parentElement)) : behind(one.parentElement);
            };
            let worst = { ratio: 99, text: '' };
            for (const one of document.querySelectorAll('body *')) {
                if (!one.checkVisibility() || ![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
                if (['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(one.tagName)) continue;
                const back = behind(one);
                let shown = part(getComputedStyle(one).color), share = 1;
                for (let up = one; up; up = up.parentElement) share *= parseFloat(getComputedStyle(up).opacity);
                shown = over([...shown.slice(0, 3), share * (shown.length > 3 ? shown[3] : 1)], back);
                const [high, low] = [light(shown), light(back)].sort((a, b) => b - a);
                const ratio = (high + 0.05) / (low + 0.05);
                if (ratio < worst.ratio) worst = { ratio, text: one.className + ' ' + one.textContent.slice(0, 40) };
            }
            return worst;
        }"""
    )


def look(browser, name, scheme):
    width, height = WIDTHS[name]
    context = browser.new_context(
        viewport={"width": width, "height": height}, ignore_https_errors=True, color_scheme=scheme,
        has_touch=name == "phone", is_mobile=name == "phone", device_scale_factor=2 if name == "phone" else 1)
    page = context.new_page()
    said = []
    asked = []
    # Hints to whoever writes a page are no errors: this one keeps no password that would want a name.
    page.on("console", lambda message: message.type in ("error", "warning") and said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    where = f"{name}, {scheme}: "

    page.goto(f"{BASE}/api/v1/docs")
    page.wait_for_selector("details")
    count = page.locator("details").count()
    expect(count > 250, f"{where}{count} operations are there")
    shot(page, f"{name}-{scheme}-start")
    expect(contrast(page)["ratio"] >= 4.5, f"{where}text stands out: {contrast(page)}")

    page.keyboard.press("/")
    expect(focused(page)["id"] == "search", f"{where}a slash leads to the search")
    page.keyboard.type("users me get")
    left = page.locator("details:not([hidden])").count()
    expect(0 < left < 20, f"{where}{left} operations are found by their words")
    expect(str(left) in page.inner_text("#found"), f"{where}and counted")
    shot(page, f"{name}-{scheme}-search")
    page.keyboard.press("Escape")
    expect(page.locator("details:not([hidden])").count() == count, f"{where}Escape shows all again")
    page.keyboard.type("get /api/v1/users/me caller's account")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]").count() == 1, f"{where}Enter opens the first")
    expect(focused(page)["name"] == "SUMMARY" and focused(page)["seen"], f"{where}which has the keyboard, to be seen")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]").count() == 0, f"{where}Enter closes it")
    page.keyboard.press("Enter")
    expect(page.evaluate("location.hash").startswith("#get"), f"{where}the address leads to it")

    # On with the Tab key: through what is open, field by field, to what sends it, and to the next operation.
    passed = []
    for _ in range(8):
        page.keyboard.press("Tab")
        passed.append(focused(page))
        if passed[-1]["name"] == "BUTTON":
            break
    expect(passed[-1]["name"] == "BUTTON", f"{where}Tab leads to the button: {[one['name'] for one in passed]}")
    expect(all(one["seen"] for one in passed), f"{where}and each place on the way can be seen")
    expect(page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{where}nothing is wider than the window")
    shot(page, f"{name}-{scheme}-open")

    # The whole of the document at once: the longest names and words must fit too.
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    until(page, "document.querySelectorAll('.inside').length === document.querySelectorAll('details').length")
    expect(page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{where}nor with everything open")
    worst = contrast(page)
    expect(worst["ratio"] >= 4.5, f"{where}its text stands out: {worst}")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('input, textarea, button')]
            .filter((one) => !(one.labels && one.labels.length) && !one.textContent.trim()).length""")
    expect(nameless == 0, f"{where}{nameless} fields have no name")
    doubled = page.evaluate(
        """() => { const all = [...document.querySelectorAll('[id]')].map((one) => one.id);
            return all.length - new Set(all).size; }""")
    expect(doubled == 0, f"{where}{doubled} ids are there twice")

    try_out(page, where, name, scheme)
    expect(not [one for one in said if "401" not in one], f"{where}the console is silent: {said[:5]}")
    expect(all(one.startswith((BASE, "data:", "blob:")) for one in asked), f"{where}nobody else is asked")
    context.close()


def try_out(page, where, name, scheme):
    """Sends a request from the page, without a credential, with one, with a body, and for a picture."""
    page.goto(f"{BASE}/api/v1/docs#getApiV1UsersMe")
    page.reload()
    page.wait_for_selector("details")
    target = page.locator("details").filter(
        has=page.locator(".GET")).filter(has=page.get_by_text("/api/v1/users/me", exact=True))
    if not target.evaluate("one => one.open"):
        target.locator("summary").click()
    target.locator("button").click()
    target.locator(".answer pre").first.wait_for()
    expect("401" in target.locator(".answer").inner_text(), f"{where}without a credential the answer is 401")
    page.fill("#credential", os.environ["VOLTBUS_TOKEN"])
    target.locator("button").click()
    until(page, "document.body.innerText.includes('\"username\": \"admin\"')")
    expect(True, f"{where}with one it is the caller")
    shot(page, f"{name}-{scheme}-tried")

    posting = page.locator("details").filter(
        has=page.locator(".POST")).filter(has=page.get_by_text("/api/v1/faq", exact=True))
    posting.locator("summary").click()
    posting.locator("textarea").fill(f'{{"question":"Does it work: {name}, {scheme}?","answer":"It does.","public":true}}')
    posting.locator("button").click()
    posting.locator(".answer pre").first.wait_for()
    expect(posting.locator(".answer").inner_text().startswith("201"), f"{where}a body is sent")


def shot(page, name):
    page.screenshot(path=f"{SHOTS}/{name}.png")


with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    for scheme in ["light", "dark"]:
        for name in WIDTHS:
            look(browser, name, scheme)
    browser.close()
sys.exit(f"{len(mistakes)} mistakes" if mistakes else 0)
