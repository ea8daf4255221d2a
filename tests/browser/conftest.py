"""A real browser on a real server: Debian's chromium, driven by Playwright.

`ACCORD_SCREENSHOTS=folder` keeps a picture of every page that a test `look`s at.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import signin

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SIZES = {"narrow": (390, 844), "wide": (1280, 900)}
SCHEMES = ("light", "dark")
# All rules at each width and in each scheme once; what depends on colour in every combination.
FULLY = {("narrow", "light"), ("wide", "dark")}
OF_COLOUR = ["color-contrast", "link-in-text-block"]
# Playwright keeps an event loop in this thread; the tests still use the ORM in plain order.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# On a busy machine a page takes longer than the five seconds that Playwright waits by itself.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def chromium():
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if not path:
        pytest.skip("No chromium here: install it (apt install chromium) or set CHROMIUM.")
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, who runs containers.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def new_context(chromium: Browser, live_server):
    """Make browser contexts that fail the test when a page's script or policy complains."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options) -> BrowserContext:
        context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda line: complaints.append(line.text) if _is_complaint(line) else None,
        )
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(line) -> bool:
    # A page that answers 4xx on purpose is reported as a failed resource too.
    return line.type == "error" and "Failed to load resource" not in line.text


@pytest.fixture
def page(new_context) -> Page:
    return new_context(viewport={"width": 1280, "height": 900}).new_page()


@pytest.fixture
def page_of(new_context, client, live_server) -> Callable[..., Page]:
    """Open a page as a person who signed in, second factor included."""

    def make(user, **options) -> Page:
        signin.sign_in(client, user)
        context = new_context(**options)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        )
        return context.new_page()

    return make


@pytest.fixture
def page_of_user(page_of) -> Callable[..., Page]:
    """Open a page of the staff admin as a user who has, or gets, a second factor."""

    def make(user, *, asks_who_is_here=False, **options) -> Page:
        signin.add_totp(user)
        page = page_of(user, **options)
        if not asks_who_is_here:
            # It asks by itself, and the answer could come while the database is emptied.
            page.route("**/viewing/", lambda route: route.fulfill(status=204))
        return page

    return make


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


@pytest.fixture
def look(axe: Axe) -> Callable[[Page, str], None]:
    """Look at the page at both widths and in both schemes: axe, sideways scrolling, a picture."""

    def see(page: Page, name: str) -> None:
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                _keep_picture(page, f"{name}-{size}-{scheme}")
                rules = None if (size, scheme) in FULLY else OF_COLOUR
                assert serious(axe, page, rules) == [], f"{name}, {size}, {scheme}"
            assert sideways(page) <= 0, f"{name} scrolls sideways, {size}"

    return see


def serious(axe: Axe, page: Page, rules: list[str] | None = None) -> list[str]:
    """Say what axe finds serious or critical, with the element; by `rules` or by all."""
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    # Half a megabyte of script: a page gets it once.
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
    violations = page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)", options
    )
    return [
        f"{found['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for found in violations
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


def parts(page: Page) -> set[str]:
    """The kinds of elements in a page's content: tag, classes, attributes, and if it has text.

    Classes that only name a column do not make another kind.
    """
    return set(
        page.evaluate(
            """() => [...document.querySelectorAll('#content *')].map(element => [
                element.tagName,
                [...element.classList].filter(name => !/^(field|column)-/.test(name)).sort(),
                element.getAttributeNames().sort(),
                element.getAttribute('type'),
                element.getAttribute('role'),
                !!element.textContent.trim(),
            ].join('|'))"""
        )
    )


def sideways(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def _keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("ACCORD_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, animations="disabled")
