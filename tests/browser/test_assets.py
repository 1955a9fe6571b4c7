"""What pages load: the addresses hold, nothing inline, nothing from elsewhere."""

import re

import httpx

from tests.support.browser import Served, Window


def test_chromium_shows_the_sign_in(desk: Window) -> None:
    page = desk.open("/")
    assert page.title()


def test_static_files_may_be_kept_and_are_packed(plant: Served) -> None:
    html = httpx.get(f"{plant.url}/sign-in", headers={"Accept": "text/html"}).text
    addresses = re.findall(r"(?:href|src)=\"(/static/[^\"]+)\"", html)
    assert addresses
    for address in addresses:
        answer = httpx.get(plant.url + address.partition("#")[0])
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        if not address.endswith((".woff2", ".png")):
            assert answer.headers["Content-Encoding"] == "gzip"
        tag = answer.headers["ETag"]
        again = httpx.get(plant.url + address, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
