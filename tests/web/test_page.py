"""The chat page at `/`, used as people use it, in a real browser."""

import base64
import json
import re
import time
import uuid

import pytest
from selenium.webdriver.common.keys import Keys

import client
from page_driver import eventually


def word():
    """A text that no other test has used."""
    return uuid.uuid4().hex[:8]


@pytest.fixture
def customer(browser):
    page = browser()
    page.sign_in("customer")
    page.open_room("executor")
    return page


@pytest.fixture
def executor(browser):
    page = browser()
    page.sign_in("executor")
    page.open_room("customer")
    return page


def test_pick_a_user_and_see_the_rooms(browser):
    page = browser()
    page.load()
    page.find("#signin-users button")
    names = [e.text for e in page.all("#signin-users .person-name")]
    assert {"customer", "executor"} <= set(names)
    page.sign_in("customer")
    assert page.text("#me-name") == "customer"
    assert page.text("#status") == "online"
    page.find("#rooms a")
    rooms = [e.text for e in page.all("#rooms .room-name")]
    assert "executor" in rooms
    # The other user is one click away, in a tab of its own.
    link = next(e for e in page.all("#demo-hint a") if e.text == "executor")
    assert link.get_attribute("target") == "_blank"
    assert page.complaints() == []


def test_two_people_talk_in_order(customer, executor):
    mark = word()
    said = []
    for number in range(6):
        speaker = executor if number % 2 else customer
        text = f"{mark} line {number}"
        speaker.write(text)
        for page in (customer, executor):
            page.message(text)
        said.append(text)
    for page in (customer, executor):
        ours = [m for m in page.messages() if m["text"].startswith(mark)]
        assert [m["text"] for m in ours] == said
        ids = [m["id"] for m in ours]
        assert ids == sorted(ids)
        own = [page is (executor if n % 2 else customer) for n in range(6)]
        assert [m["own"] for m in ours] == own
        assert page.complaints() == []


def test_read_ticks_and_unread_counts(chat, browser, customer):
    room = client.order_room(chat)
    text = f"{word()} have you read this?"
    customer.write(text)
    assert not customer.message(text)["read"]
    page = browser()
    page.sign_in("executor")
    # A wide page opens the latest room by itself, and so it is read.
    eventually("the tick", lambda: customer.message(text)["read"])
    assert page.complaints() == []

    # In a room that is not in view, messages count.
    phone = browser(width=360, height=740, phone=True)
    page.leave()
    phone.sign_in("executor")
    phone.find(f"[data-room='{room}']")
    for count in (1, 2):
        client.say(chat, "customer", room, [f"{word()} unread {count}"])
        eventually("the count", lambda: phone.text(
            f"[data-room='{room}'] .badge") == str(count))
    eventually("the count in the title",
               lambda: phone.driver.title == "(2) Parlance")
    phone.open_room("customer")
    phone.find("#messages .day.new")
    eventually("all read", lambda: phone.driver.title == "Parlance")


def test_scroll_back_through_history(chat, customer):
    room = client.order_room(chat)
    mark = word()
    texts = [f"{mark} history {number}" for number in range(130)]
    client.say(chat, "executor", room, texts)
    customer.message(texts[-1])
    # A fresh load holds one page only.
    customer.driver.refresh()
    customer.message(texts[-1])
    assert texts[0] not in customer.texts()

    moved = """
        const scroller = document.getElementById("scroller");
        const line = document.querySelector(`[data-id="${arguments[0]}"]`);
        return line.getBoundingClientRect().top;"""
    for _ in range(40):
        shown = customer.messages()
        if texts[0] in [m["text"] for m in shown]:
            break
        customer.run("document.getElementById('scroller').scrollTop = 200")
        top = customer.run(moved, shown[3]["id"])
        eventually("older messages", lambda: len(customer.messages())
                   > len(shown))
        # What one reads stays where it is while more comes in above.
        assert abs(customer.run(moved, shown[3]["id"]) - top) < 2
    ours = [t for t in customer.texts() if t.startswith(mark)]
    assert ours == texts
    ids = [m["id"] for m in customer.messages()]
    assert ids == sorted(set(ids))

    # And back to the end, where new messages come in.
    customer.find("#jump").click()
    text = f"{mark} after all that"
    client.say(chat, "executor", room, [text])
    customer.message(text)
    eventually("the end in view", lambda: customer.run("""
        const { scrollHeight, scrollTop, clientHeight } =
            document.getElementById("scroller");
        return scrollHeight - scrollTop - clientHeight < 5;"""))
    assert customer.complaints() == []


def test_scrolled_back_stays_there_when_messages_come(chat, customer):
    room = client.order_room(chat)
    mark = word()
    client.say(chat, "executor", room,
               [f"{mark} filler {number}" for number in range(40)])
    customer.message(f"{mark} filler 39")
    customer.run("document.getElementById('scroller').scrollTop -= 700")
    eventually("the button to the end", lambda: customer.find("#jump"))
    before = customer.run(
        "return document.getElementById('scroller').scrollTop")
    client.say(chat, "executor", room, [f"{mark} while away"])
    customer.message(f"{mark} while away")
    assert customer.text("#jump-count") == "1"
    after = customer.run(
        "return document.getElementById('scroller').scrollTop")
    assert abs(after - before) < 2


def test_text_is_never_markup(chat, customer, executor):
    text = f'<img src=x onerror="window.hurt=1"><b>{word()}</b> &amp; <script>'
    customer.write(text)
    for page in (customer, executor):
        page.message(text)
        last = page.run("return document.querySelector("
                        "'#rooms [aria-current] .room-last').textContent")
        assert text in last
        assert page.run("return window.hurt") is None
        assert page.all("#messages img, #messages b, #rooms img") == []


def test_lines_and_odd_characters_survive(chat, customer):
    room = client.order_room(chat)
    text = f"{word()}\n  two spaces\ttab\n\n\U0001f44d \u05d0\u05d1 \u202e x"
    client.say(chat, "executor", room, [text])
    customer.message(text)


def test_reload_keeps_user_and_room(customer):
    text = word()
    customer.write(text)
    customer.message(text)
    customer.driver.refresh()
    customer.wait_online()
    assert customer.text("#me-name") == "customer"
    assert customer.text("#thread-title") == "executor"
    assert customer.message(text)["own"]


def test_token_in_the_address_and_two_tabs(chat, browser):
    # A wide page would put the room that it opens into the address.
    page = browser(width=360, height=740, phone=True)
    page.load(f"#token={chat.tokens['customer']}")
    page.wait_online()
    assert page.text("#me-name") == "customer"
    assert "token" not in page.driver.current_url
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.load(f"#token={chat.tokens['executor']}")
    page.wait_online()
    assert page.text("#me-name") == "executor"
    page.driver.refresh()
    page.wait_online()
    assert page.text("#me-name") == "executor"
    page.driver.switch_to.window(first)
    page.driver.refresh()
    page.wait_online()
    assert page.text("#me-name") == "customer"


def test_pasted_tokens(chat, browser):
    page = browser()
    page.load()
    page.find("#signin-other summary").click()
    page.find("#signin-token").send_keys("nonsense")
    page.find("#signin-form button").click()
    assert "no token" in page.text("#signin-error")
    # One that looks well and is refused by the server.
    head, claims, _ = chat.tokens["customer"].split(".")
    padded = claims + "=" * (-len(claims) % 4)
    forged = json.loads(base64.urlsafe_b64decode(padded))
    forged["user_id"] = 987654
    body = base64.urlsafe_b64encode(json.dumps(forged).encode())
    token = f"{head}.{body.decode().rstrip('=')}.{'A' * 43}"
    page.find("#signin-token").clear()
    page.find("#signin-token").send_keys(token)
    page.find("#signin-form button").click()
    assert "refused" in page.text("#signin-notice")
    if not page.all("#signin-other[open]"):
        page.find("#signin-other summary").click()
    page.find("#signin-token").send_keys(chat.tokens["executor"])
    page.find("#signin-form button").click()
    page.wait_online()
    assert page.text("#me-name") == "executor"


def test_edit_and_delete(customer, executor):
    mark = word()
    customer.write(f"{mark} first")
    customer.write(f"{mark} second")
    first = customer.message(f"{mark} first")
    second = customer.message(f"{mark} second")
    executor.message(f"{mark} second")

    customer.choose(first["id"], "Edit")
    box = customer.find("#composer-text")
    assert box.get_attribute("value") == f"{mark} first"
    box.send_keys(" edited", Keys.ENTER)
    for page in (customer, executor):
        assert page.message(f"{mark} first edited")["id"] == first["id"]

    customer.choose(second["id"], "Delete")
    customer.find("#confirm [value=no]").click()
    assert customer.message(f"{mark} second")
    customer.choose(second["id"], "Delete")
    customer.find("#confirm [value=yes]").click()
    for page in (customer, executor):
        eventually("it is gone",
                   lambda: f"{mark} second" not in page.texts())

    # The other side's messages cannot be changed.
    labels = executor.run("""
        document.querySelector(`[data-id="${arguments[0]}"] .more`).click();
        return [...document.querySelectorAll("#menu [role=menuitem]")]
            .map((entry) => entry.textContent);""", first["id"])
    assert "Reply" in labels
    assert "Edit" not in labels and "Delete" not in labels


def test_reply_quotes(customer, executor):
    mark = word()
    customer.write(f"{mark} question")
    question = executor.message(f"{mark} question")
    executor.choose(question["id"], "Reply")
    executor.write(f"{mark} answer")
    for page in (customer, executor):
        answer = page.message(f"{mark} answer")
        quote = page.text(f"[data-id='{answer['id']}'] .quote")
        assert f"{mark} question" in quote


def test_by_keyboard_alone(browser):
    page = browser()
    page.sign_in("customer")
    text = word()
    page.press("#rooms a", Keys.ENTER)
    page.press("#composer-text", text, Keys.SHIFT, Keys.ENTER, Keys.NULL,
               "below", Keys.ENTER)
    message = page.message(f"{text}\nbelow")
    # Arrow up in an empty field edits the latest of one's own.
    page.press("#composer-text", Keys.ARROW_UP)
    assert page.text("#composer-about-title") == "Edit your message"
    page.press("#composer-text", Keys.ESCAPE)
    more = page.driver.find_element(
        "css selector", f"[data-id='{message['id']}'] .more")
    page.run("arguments[0].focus()", more)
    more.send_keys(Keys.ENTER)
    page.find("#menu")
    page.press("#menu [role=menuitem]", Keys.ESCAPE)
    focused = page.run("return document.activeElement.className")
    assert "more" in focused


def test_newcomers_hear_what_comes_in(chat, customer):
    room = client.order_room(chat)
    text = word()
    client.say(chat, "executor", room, [text])
    eventually("it is announced", lambda: customer.run(
        "return document.querySelector('[aria-live=polite]#announcer')"
        ".textContent.includes(arguments[0])", f"executor: {text}"))
    assert customer.run("return document.documentElement.lang") == "en"


@pytest.mark.parametrize("width", [320, 360])
def test_phone(chat, browser, width):
    page = browser(width=width, height=740, phone=True)
    page.load()
    page.find("#signin-users button")
    assert page.overflows() <= 0
    page.sign_in("customer")
    page.find("#rooms a")
    assert not page.visible("#thread")
    assert page.overflows() <= 0

    page.open_room("executor")
    assert not page.visible("#rooms")
    text = word() + "W" * 300
    page.write(text)
    page.message(text)
    assert page.overflows() <= 0
    size = page.run("return getComputedStyle(arguments[0]).fontSize",
                    page.find("#composer-text"))
    assert float(re.match(r"[\d.]+", size).group()) >= 16

    page.find("#back").click()
    eventually("the rooms again", lambda: page.visible("#rooms"))
    assert page.overflows() <= 0
    # The phone's own Back button does the same.
    page.open_room("executor")
    page.driver.back()
    eventually("the rooms again", lambda: page.visible("#rooms"))
    assert page.complaints() == []


@pytest.mark.parametrize("lost", ["testMute", "testDeaf"],
                         ids=["the message is lost", "the answer is lost"])
def test_what_has_no_answer_is_stored_once(chat, customer, executor, lost):
    room = client.order_room(chat)
    mark = word()
    customer.write(f"{mark} before")
    customer.message(f"{mark} before")
    customer.run(f"window.{lost} = true")
    customer.write(f"{mark} once")
    if lost == "testDeaf":
        executor.message(f"{mark} once")  # it is stored
    waiting = [m for m in customer.messages() if m["waiting"]]
    assert [m["text"] for m in waiting] == [f"{mark} once"]
    customer.lose_connection()
    customer.wait_online()
    customer.message(f"{mark} once")
    customer.write(f"{mark} after")
    expected = [f"{mark} {part}" for part in ("before", "once", "after")]
    for page in (customer, executor):
        page.message(f"{mark} after")
        ours = [t for t in page.texts() if t.startswith(mark)]
        assert ours == expected
    stored = [m["text"] for m in client.newest(chat, room)]
    assert [t for t in stored if t.startswith(mark)] == expected


def test_offline_and_back(chat, customer):
    room = client.order_room(chat)
    mark = word()
    gone, kept = client.say(chat, "executor", room,
                            [f"{mark} to be deleted", f"{mark} to be edited"])
    customer.message(f"{mark} to be edited")
    customer.set_offline(True)
    eventually("reconnecting", lambda: customer.state() == "reconnecting")
    assert "Reconnecting" in customer.text("#strip")
    customer.write(f"{mark} written offline one")
    customer.write(f"{mark} written offline two")
    client.ask_all(chat, "executor", [
        ("edit_message", {"pk": kept, "message": f"{mark} edited"}),
        ("delete_message", {"pk": gone})])
    # More than a page, so that the gap has to be closed.
    missed = [f"{mark} missed {number}" for number in range(35)]
    client.say(chat, "executor", room, missed)
    assert f"{mark} missed 0" not in customer.texts()

    customer.set_offline(False)
    customer.wait_online()
    customer.message(f"{mark} written offline two")
    expected = missed + [f"{mark} written offline one",
                         f"{mark} written offline two"]

    def made_good():
        ours = [t for t in customer.texts()
                if t.startswith(mark) and "edited" not in t]
        return ours == expected

    eventually("all that was missed", made_good)
    # The edit is above; it may have to be scrolled to.
    customer.run("document.getElementById('scroller').scrollTop = 0")
    assert customer.message(f"{mark} edited")["id"] == kept
    assert f"{mark} to be deleted" not in customer.texts()
    assert not customer.visible("#strip")


def test_a_reload_forgets_nothing_unsent(chat, customer):
    room = client.order_room(chat)
    text = f"{word()} written just before the reload"
    customer.run("window.testMute = true")
    customer.write(text)
    eventually("it waits", lambda: customer.messages()[-1]["waiting"])
    customer.driver.refresh()
    customer.message(text)
    stored = [m["text"] for m in client.newest(chat, room)]
    assert stored.count(text) == 1


def test_too_long_is_said_at_once(customer):
    customer.run("""
        const box = document.getElementById("composer-text");
        box.value = "x".repeat(8193);
        box.dispatchEvent(new Event("input"));""")
    assert "too long" in customer.text("#composer-error")
    before = len(customer.messages())
    customer.find("#composer-send").click()
    time.sleep(0.3)
    assert len(customer.messages()) == before
