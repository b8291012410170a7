"""Driving the chat page in a real, headless Chromium, in its own words."""

import shutil
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

PATIENCE_S = 20

FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic
--no-first-run --disable-background-networking --disable-component-update
--disable-sync --disable-dev-shm-usage --force-color-profile=srgb""".split()

# Lets a test lose frames and connections as a bad network does: what is sent
# while `testMute` never leaves, what comes while `testDeaf` is never heard.
SOCKET_HOOK = """
  window.testSockets = [];
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...args) {
      super(...args);
      window.testSockets.push(this);
    }
    send(frame) {
      if (!window.testMute) super.send(frame);
    }
    addEventListener(type, listener, options) {
      const heard = (event) => window.testDeaf || listener(event);
      super.addEventListener(
        type, type === "message" ? heard : listener, options);
    }
  };
"""

MESSAGES = """
  return [...document.querySelectorAll("#messages .message")].map((node) => ({
    id: node.dataset.id ? Number(node.dataset.id) : null,
    text: node.querySelector(".text").textContent,
    own: node.dataset.own === "true",
    waiting: node.dataset.waiting === "true",
    failed: node.dataset.failed === "true",
    read: node.querySelector(".meta").dataset.read === "true",
  }));
"""


def eventually(what, check):
    """Waits until check() gives something true, and returns that."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            value = check()
        except StaleElementReferenceException:
            value = None  # it was drawn anew while we looked
        if value:
            return value
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)


class Page:
    """One browser window with the chat page in it."""

    def __init__(self, driver, url, profile):
        self.driver = driver
        self.url = url
        self.profile = profile

    def leave(self):
        """Forgets everything, as a closed window does."""
        self.set_offline(False)
        first, *others = self.driver.window_handles
        for handle in others:
            self.driver.switch_to.window(handle)
            self.driver.close()
        self.driver.switch_to.window(first)
        # A page that is about to be left keeps nothing behind.
        self.driver.get(self.url + "icon.svg")
        self.run("sessionStorage.clear()")
        self.driver.get("about:blank")
        self.driver.get_log("browser")

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    # Looking

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        return eventually(
            f"{selector} is shown",
            lambda: next((e for e in self.all(selector)
                          if e.is_displayed()), None))

    def text(self, selector):
        """The text of the first such element that is shown and has one."""
        return eventually(
            f"a text in {selector}",
            lambda: next((e.text for e in self.all(selector)
                          if e.is_displayed()), None))

    def visible(self, selector):
        return any(e.is_displayed() for e in self.all(selector))

    def messages(self):
        return self.run(MESSAGES)

    def texts(self):
        return [message["text"] for message in self.messages()]

    def message(self, text):
        """Waits for the one message of this text, stored at the server."""

        def stored():
            found = [m for m in self.messages() if m["text"] == text]
            assert len(found) <= 1, f"shown {len(found)} times: {text}"
            return found and found[0]["id"] and found[0]

        return eventually(f"the message {text!r}", stored)

    def state(self):
        return self.run(
            "return document.getElementById('status').dataset.state")

    def overflows(self):
        """How many pixels anything is wider than the place it has."""
        return self.run("""
            const places = [document.documentElement, document.body,
                ...document.querySelectorAll("#scroller, #rooms-scroller")];
            return Math.max(...places.map(
                (place) => place.scrollWidth - place.clientWidth));""")

    def complaints(self):
        """What the console says that is no lost connection."""
        return [line["message"] for line in self.driver.get_log("browser")
                if line["level"] == "SEVERE"
                and "WebSocket" not in line["message"]
                and "ERR_INTERNET_DISCONNECTED" not in line["message"]]

    # Doing

    def load(self, fragment=""):
        self.driver.get("about:blank")
        self.driver.get(self.url + fragment)

    def sign_in(self, name):
        self.load()
        person = eventually(
            f"{name} may be picked",
            lambda: next((e for e in self.all("#signin-users button")
                          if e.text.endswith(name)), None))
        person.click()
        self.wait_online()

    def wait_online(self):
        eventually("online", lambda: self.state() == "online")

    def open_room(self, name):
        room = eventually(
            f"the room {name}",
            lambda: next((e for e in self.all("#rooms a")
                          if name in e.text), None))
        room.click()
        eventually("the room's name on top",
                   lambda: name in self.text("#thread-title"))

    def write(self, text):
        self.find("#composer-text").send_keys(text)
        self.find("#composer-send").click()

    def choose(self, message_id, label):
        """Opens the menu of a message and takes an entry."""
        button = self.find(f"[data-id='{message_id}'] .more")
        self.run("arguments[0].scrollIntoView({block: 'center'})", button)
        # Scrolling closes menus: it must have come to rest.
        eventually("the menu", lambda: self.run("""
            if (document.getElementById("menu").hidden) arguments[0].click();
            return !document.getElementById("menu").hidden;""", button))
        entries = self.all("#menu [role=menuitem]")
        next(e for e in entries if e.text == label).click()

    def press(self, selector, *keys):
        self.find(selector).send_keys(*keys)

    def lose_connection(self):
        self.run("window.testMute = false; window.testDeaf = false;"
                 "window.testSockets.at(-1).close();")

    def set_offline(self, offline):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=offline,
                 latency=0, downloadThroughput=-1, uploadThroughput=-1)


def open_browser(url, width=1280, height=800, phone=False):
    profile = tempfile.mkdtemp(prefix="parlance-web-")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={profile}")
    options.add_argument(f"--window-size={width},{height}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"),
                              options=options)
    page = Page(driver, url, profile)
    page.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
             deviceScaleFactor=2 if phone else 1, mobile=phone)
    if phone:
        page.cdp("Emulation.setTouchEmulationEnabled", enabled=True)
    page.cdp("Page.addScriptToEvaluateOnNewDocument", source=SOCKET_HOOK)
    return page


