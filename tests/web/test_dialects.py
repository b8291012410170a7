"""The page with the three dialects side by side: one room, three clients."""

import uuid

import pytest

from page_driver import eventually

PANE = """
  const pane = document.querySelector(`[data-dialect="${arguments[0]}"]`);
  return {
    state: pane.querySelector(".dot").dataset.state,
    about: pane.querySelector(".pane-about").textContent,
    said: [...pane.querySelectorAll(".said li")].map((node) => ({
      id: Number(node.dataset.id),
      text: node.querySelector(".text").textContent,
      html: node.querySelector(".text").innerHTML,
      own: node.dataset.own === "true",
      read: node.dataset.read === "true",
    })),
    frames: [...pane.querySelectorAll(".frames li")].map((node) => ({
      sent: node.dataset.sent === "true",
      frame: JSON.parse(node.textContent),
    })),
  };
"""

NAMES = ["chats", "dialogs", "messenger"]


@pytest.fixture
def panes(browser):
    page = browser(width=1400, height=900)
    page.driver.get(page.url + "dialects.html")
    page.find(".pane")
    for name in NAMES:
        eventually(f"{name} is online",
                   lambda n=name: pane(page, n)["state"] == "online")
        eventually(f"{name} has its history",
                   lambda n=name: pane(page, n)["frames"] or n == "chats")
    yield page
    assert page.complaints() == []


def pane(page, name):
    return page.run(PANE, name)


def write(page, name, text):
    page.run("""
      const form = document.querySelector(
        `[data-dialect="${arguments[0]}"] .write`);
      form.querySelector("input").value = arguments[1];
      form.requestSubmit();""", name, text)


def press(page, name, message, label):
    page.run("""
      const line = document.querySelector(
        `[data-dialect="${arguments[0]}"] .said [data-id="${arguments[1]}"]`);
      [...line.querySelectorAll("button")]
        .find((button) => button.textContent === arguments[2]).click();""",
             name, message, label)


def said(page, name, text):
    return eventually(f"{text} in {name}", lambda: next(
        (m for m in pane(page, name)["said"] if text in m["text"]), None))


def received(page, name, wanted):
    return eventually(f"a frame in {name}", lambda: next(
        (f["frame"] for f in pane(page, name)["frames"]
         if not f["sent"] and wanted(f["frame"])), None))


def test_one_room_three_clients(panes):
    for author in NAMES:
        mark = uuid.uuid4().hex[:8]
        write(panes, author, f"{mark} *with stress*")
        ids = {said(panes, name, mark)["id"] for name in NAMES}
        assert len(ids) == 1
        message = ids.pop()
        # Each in its own JSON, and dialogs in HTML.
        frame = received(panes, "chats", lambda f, m=message: f["type"] ==
                         "new_message" and f["content"]["message"]["id"] == m)
        assert frame["content"]["message"]["text"] == f"{mark} *with stress*"
        frame = received(panes, "dialogs", lambda f, m=message: f["event"] ==
                         "dialogs.messages.create" and f["data"]["id"] == m)
        assert frame["data"]["body"] == f"{mark} <em>with stress</em>"
        received(panes, "messenger", lambda f, m=message: f.get("action") ==
                 "create" and f["pk"] == m)
        assert "<em>" in said(panes, "dialogs", mark)["html"]


def test_edit_read_and_delete_cross_over(panes):
    mark = uuid.uuid4().hex[:8]
    write(panes, "chats", f"{mark} first")
    message = said(panes, "chats", mark)["id"]
    for name in NAMES:
        said(panes, name, mark)
    press(panes, "chats", message, "edit")
    write(panes, "chats", f"{mark} second")
    for name in NAMES:
        said(panes, name, f"{mark} second")
    press(panes, "dialogs", message, "mark as read")
    for name in NAMES:
        eventually(f"read in {name}", lambda n=name: next(
            m for m in pane(panes, n)["said"] if m["id"] == message)["read"])
    press(panes, "messenger", message, "delete")
    for name in NAMES:
        eventually(f"gone in {name}", lambda n=name: message not in [
            m["id"] for m in pane(panes, n)["said"]])


def test_what_is_said_while_nobody_looked_is_there(panes):
    mark = uuid.uuid4().hex[:8]
    write(panes, "messenger", f"{mark} kept")
    said(panes, "chats", mark)
    panes.driver.refresh()
    panes.find(".pane")
    for name in NAMES:
        said(panes, name, f"{mark} kept")


def test_markup_of_a_message_does_nothing(panes):
    mark = uuid.uuid4().hex[:8]
    write(panes, "chats", f"{mark} <img src=x onerror=alert(1)> "
                          "[a](javascript:alert(1)) **b**")
    html = said(panes, "dialogs", mark)["html"]
    assert "<strong>b</strong>" in html
    assert "<img" not in html and "javascript:" not in html
    assert "<img" in said(panes, "messenger", mark)["text"]


def test_on_a_phone_a_column_fills_the_screen(browser):
    page = browser(width=360, height=740, phone=True)
    page.driver.get(page.url + "dialects.html")
    page.find(".pane")
    widths = page.run("""return [document.documentElement.scrollWidth,
      ...[...document.querySelectorAll(".pane")].map((p) => p.clientWidth)];
    """)
    assert widths == [360, 360, 360, 360]
    assert page.complaints() == []
