"""What the tests of the chat page stand on: a running chat and browsers.

The chat is the one of the end-to-end tests (the session fixture `chat` of
tests/e2e/conftest.py).  PARLANCE_WEB_URL=http://127.0.0.1:8888/ takes a
server that runs already instead, for work on the page; it has to offer its
demonstration users (`parlance up` does).
"""

import importlib.util
import json
import os
import pathlib
import types
import urllib.request

import pytest

from page_driver import open_browser

WEB_URL = os.environ.get("PARLANCE_WEB_URL")

if WEB_URL:

    @pytest.fixture(scope="session")
    def chat():
        with urllib.request.urlopen(WEB_URL + "demo/users.json") as answer:
            users = json.load(answer)["users"]
        tokens = {user["username"]: user["token"] for user in users}
        return types.SimpleNamespace(url=WEB_URL, tokens=tokens)

else:
    _path = pathlib.Path(__file__).parent.parent / "e2e" / "conftest.py"
    _spec = importlib.util.spec_from_file_location("e2e_conftest", _path)
    _e2e = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_e2e)
    # Fixtures, and the fixtures that they use, become this folder's.
    for _name, _value in vars(_e2e).items():
        if hasattr(_value, "_pytestfixturefunction"):
            globals()[_name] = _value


@pytest.fixture(scope="session")
def chromiums(chat):
    """The Chromiums that wait for the next test: starting one takes long."""
    idle = {}  # options -> pages
    yield idle
    for pages in idle.values():
        for page in pages:
            page.quit()


@pytest.fixture
def browser(chat, chromiums):
    """browser(...) gives a window of its own that remembers nothing."""
    used = []

    def start(**options):
        idle = chromiums.setdefault(tuple(sorted(options.items())), [])
        page = idle.pop() if idle else open_browser(chat.url, **options)
        used.append((page, idle))
        return page

    yield start
    for page, idle in used:
        page.leave()
        idle.append(page)
