"""gateway/web/timeline.js by itself: pages and live events in any order."""

import pytest

HARNESS = """
  const done = arguments[arguments.length - 1];
  const say = (id, text, more) => ({
    id, text, user: { id: 2 }, read: false, ...more,
  });
  const shown = (timeline) =>
    timeline.messages.map((m) => `${m.id}:${m.text}`).join(" ");
  import(new URL("timeline.js", document.baseURI).href)
    .then(({ Timeline }) => done(String((() => { %s })())))
    .catch((error) => done(`${error}`));
"""

CASES = {
    "sorted, each once": ("""
        const t = new Timeline();
        t.merge([say(3, "c"), say(1, "a")], t.begin());
        t.create(say(4, "d"));
        t.merge([say(4, "d"), say(2, "b")], t.begin());
        return shown(t);""", "1:a 2:b 3:c 4:d"),
    "an edit is newer than a page that was asked for before it": ("""
        const t = new Timeline();
        t.create(say(1, "old"));
        const asked = t.begin();
        t.update(say(1, "new"));
        t.merge([say(1, "old")], asked);
        t.end();
        return shown(t);""", "1:new"),
    "so is an edit of what the page brings first": ("""
        const t = new Timeline();
        const asked = t.begin();
        t.update(say(1, "new"));
        t.merge([say(2, "b"), say(1, "old")], asked);
        t.end();
        return shown(t);""", "1:new 2:b"),
    "a page that was asked for later is newer than an edit": ("""
        const t = new Timeline();
        t.create(say(1, "a"));
        t.update(say(1, "b"));
        t.merge([say(1, "c")], t.begin());
        return shown(t);""", "1:c"),
    "what was deleted does not come back": ("""
        const t = new Timeline();
        const asked = t.begin();
        t.remove(2);
        t.merge([say(2, "b"), say(1, "a")], asked);
        t.create(say(2, "b"));
        return shown(t);""", "1:a"),
    "an update of something older tears no gap": ("""
        const t = new Timeline();
        t.merge([say(9, "i")], t.begin());
        t.update(say(1, "a", { read: true }));
        t.create(say(2, "b"));
        return shown(t);""", "9:i"),
    "deleted while away": ("""
        const t = new Timeline();
        for (const id of [1, 2, 3, 4]) t.create(say(id, "x"));
        const asked = t.begin();
        t.create(say(6, "live"));
        t.merge([say(5, "y"), say(4, "x"), say(2, "x")], asked);
        t.keepOnly([5, 4, 2], asked);
        return shown(t);""", "2:x 4:x 5:y 6:live"),
    "read marks reach back, for one's own messages": ("""
        const t = new Timeline();
        for (const id of [1, 2, 3]) {
          t.create(say(id, "x", { user: { id: id === 2 ? 2 : 1 } }));
        }
        t.markOwnRead(2, 1);
        return t.messages.map((m) => m.read).join();""",
                                                      "true,false,false"),
    "an edit shows": ("""
        const t = new Timeline();
        t.create(say(1, "a"));
        t.create(say(2, "b"));
        t.update(say(1, "a", { read: true }));
        t.update(say(2, "c"));
        return t.messages.map((m) => Boolean(m.edited)).join();""",
                      "false,true"),
    "trimmed from the old end": ("""
        const t = new Timeline();
        for (const id of [1, 2, 3]) t.create(say(id, "x"));
        t.complete = true;
        t.trim(2);
        return `${shown(t)} ${t.complete} ${t.has(1)}`;""",
                                 "2:x 3:x false false"),
    "unread is counted": ("""
        const t = new Timeline();
        for (const id of [1, 2, 3, 4]) {
          t.create(say(id, "x", { user: { id: id === 3 ? 1 : 2 } }));
        }
        return [0, 2, 4].map((id) => t.countOthersAfter(id, 1)).join();""",
                          "3,1,0"),
}


@pytest.mark.parametrize("case", CASES)
def test_timeline(browser, case):
    page = browser()
    page.load()
    script, expected = CASES[case]
    assert page.driver.execute_async_script(HARNESS % script) == expected
