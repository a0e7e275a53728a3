"""How the page looks on a phone, in the dark, and to those who see less."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.playground.conftest import SPOKEN, answered, ask, shot, tab


def test_it_fits_a_phone(browser: Browser, playground: str) -> None:
    with tab(browser, playground, width=360) as page:
        shot(page, "narrow-empty")
        ask(page, "Transcript", SPOKEN)
        answered(page)
        page.get_by_text("The same call").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        shot(page, "narrow")


def test_it_is_dark_where_the_system_is(browser: Browser, playground: str) -> None:
    with tab(browser, playground, dark=True) as page:
        ask(page, "Transcript", SPOKEN)
        answered(page)
        assert (
            page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            == "rgb(15, 18, 22)"
        )
        shot(page, "dark")


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_what_is_behind_it(
    browser: Browser, playground: str, dark: bool
) -> None:
    with tab(browser, playground, dark=dark) as page:
        names = (
            "ink",
            "soft",
            "accent",
            "bad",
            "on-accent",
            *(f"s{number}" for number in range(8)),
        )
        behind = {
            "on-accent": ("accent",),
            "bad": ("bad-tint", "card"),
            "ink": ("card", "sunk", "tint"),
        }
        for name in names:
            for back in behind.get(name, ("card",)):
                assert contrast(page, name, back) >= 4.5, (name, back)


def contrast(page: Page, *names: str) -> float:
    """Of two of the page's colours. Source: WCAG 2.2, relative luminance and contrast ratio."""

    def luminance(name: str) -> float:
        text = page.evaluate(
            f"getComputedStyle(document.documentElement).getPropertyValue('--{name}')"
        ).strip()
        digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted(map(luminance, names))
    return (light + 0.05) / (dark + 0.05)
