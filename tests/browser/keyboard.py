"""Pages of the staff admin by keyboard alone."""

from playwright.sync_api import Locator, Page, expect

NAME = """() => {
    const element = document.activeElement;
    const name = element.getAttribute("aria-label") ?? (element.labels?.[0] ?? element).innerText;
    return name.replace(/\\s+/g, " ").trim();
}"""
IS_SEEN = """() => {
    const box = document.activeElement.getBoundingClientRect();
    const style = getComputedStyle(document.activeElement);
    return box.width > 1 && box.bottom > 0 && box.top < innerHeight
        && style.outlineStyle !== "none" && style.outlineWidth !== "0px";
}"""
MOST = 150


def tab_to(page: Page, name: str, *, times: int = 1) -> None:
    """Press Tab until what people know as `name` has the focus, and see that it shows it.

    Icons are words to a script, so the name may have one before it. Of several, take the last
    of so many `times`.
    """
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate(NAME).removesuffix("*").endswith(name):
            assert page.evaluate(IS_SEEN), f"{name!r} has the focus and does not show it"
            times -= 1
            if not times:
                return
    raise AssertionError(f"Tab never reached {name!r}")


def write(page: Page, name: str, text: str, *, times: int = 1) -> None:
    """Put `text` in the place of what a field says."""
    tab_to(page, name, times=times)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """Press what leads to another page, and wait for it."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def open_dialog(page: Page, opener: str) -> Locator:
    """Open one of unfold's dialogs; it has taken the focus."""
    tab_to(page, opener)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#dialog form')?.['htmx-internal-data']")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(":focus")).to_have_count(1)
    return dialog
