// One column of the page: a client of one dialect, as one user, in one room,
// with its frames below.  A dialect is {name, path, load, take, say, read} and
// perhaps edit, remove and typing; each function gets {room, token, line,
// pane} first.

import { el, time } from "./dom.js";
import { Line } from "./line.js";
import { safeNodes } from "./safehtml.js";

const FRAMES_KEPT = 200;
const TYPING_PAUSE_MS = 2000;

export class Pane {
  constructor(dialect, identities, first) {
    this.dialect = dialect;
    this.identities = identities;
    this.identity = identities[first % identities.length];
    this.messages = new Map();
    this.typed_ms = 0;
    this.#build();
  }

  open(room) {
    this.close();
    this.messages.clear();
    this.frames.replaceChildren();
    this.#draw();
    if (!room) return;
    const context = { room, token: this.identity.token, pane: this };
    this.context = context;
    context.line = new Line(this.dialect.path, this.identity.token, {
      onOpen: () => this.#load(context),
      onFrame: (frame) => this.dialect.take(context, frame),
      onShow: (text, sent) => this.#showFrame(text, sent),
      onState: (state) => {
        this.dot.dataset.state = state;
        this.dot.title = state;
      },
    });
  }

  close() {
    this.context?.line?.stop();
    this.context = null;
  }

  // What a dialect says.

  show(messages) {
    this.messages = new Map(messages.map((message) => [message.id, message]));
    this.#draw();
  }

  put(message) {
    this.messages.set(message.id, message);
    this.#draw();
  }

  drop(id) {
    this.messages.delete(id);
    this.#draw();
  }

  // |reader|: whose mark it is; null: of whoever is not the author.
  readUpTo(id, reader) {
    for (const message of this.messages.values()) {
      if (message.id <= id && message.author.id !== reader) message.read = true;
    }
    this.#draw();
  }

  tell(text) {
    this.about.textContent = text;
  }

  async #load(context) {
    try {
      await this.dialect.load(context);
    } catch (error) {
      this.tell(error.message);
    }
  }

  #build() {
    const { dialect } = this;
    this.dot = el("span", { class: "dot" });
    this.about = el("p", { class: "pane-about", "aria-live": "polite" });
    this.said = el("ol", { class: "said", "aria-label": "Messages" });
    this.frames = el("ol", { class: "frames", "aria-label": "Frames" });
    this.input = el("input", {
      "aria-label": `Message in ${dialect.name}`,
      placeholder: "Message",
      maxlength: 8192,
      autocomplete: "off",
      oninput: () => this.#typing(),
    });
    const select = el("select", {
      onchange: () => {
        this.identity = this.identities[select.selectedIndex];
        this.open(this.context?.room);
      },
    }, ...this.identities.map((identity) => el("option", {}, identity.name)));
    select.selectedIndex = this.identities.indexOf(this.identity);
    this.node = el("section", { class: "pane", "data-dialect": dialect.name },
      el("header", { class: "pane-head" }, this.dot,
        el("h2", {}, dialect.name), el("code", {}, `/${dialect.path}`),
        el("label", { class: "pick" }, "as ", select), this.about),
      this.said,
      el("form", { class: "write", onsubmit: (event) => this.#submit(event) },
        this.input, el("button", { type: "submit" }, "Send")),
      this.frames);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value;
    if (!text.trim() || !this.context) return;
    const sent = this.editing
      ? this.dialect.edit(this.context, this.editing, text)
      : this.dialect.say(this.context, text);
    if (!sent) {
      this.tell("Not connected; try again in a moment.");
      return;
    }
    this.editing = null;
    this.input.value = "";
  }

  #typing() {
    const now_ms = Date.now();
    if (!this.dialect.typing || !this.context ||
        now_ms - this.typed_ms < TYPING_PAUSE_MS) return;
    this.typed_ms = now_ms;
    this.dialect.typing(this.context);
  }

  #draw() {
    const atEnd = this.said.scrollHeight - this.said.scrollTop -
      this.said.clientHeight < 60;
    const sorted = [...this.messages.values()].sort((a, b) => a.id - b.id);
    this.said.replaceChildren(...sorted.map((message) => this.#line(message)));
    if (atEnd) this.said.scrollTop = this.said.scrollHeight;
  }

  #line(message) {
    const own = message.author.id === this.identity.id;
    const body = message.html === undefined
      ? el("span", { class: "text" }, message.text)
      : el("div", { class: "text html" }, ...safeNodes(message.html));
    const act = (label, run) => el("button", { type: "button", onclick: run },
      label);
    const { dialect, context } = this;
    return el("li", { "data-own": own, "data-id": message.id,
      "data-read": Boolean(message.read) },
      body,
      el("small", {},
        own && dialect.edit ? act("edit", () => this.#edit(message)) : null,
        own && dialect.remove
          ? act("delete", () => dialect.remove(context, message.id)) : null,
        !own && !message.read
          ? act("mark as read", () => dialect.read(context, message.id)) : null,
        el("span", {}, own ? (message.read ? "read" : "sent")
          : message.author.name),
        message.edited ? el("span", {}, "edited") : null,
        el("time", {}, time(message.date))));
  }

  #edit(message) {
    this.editing = message.id;
    this.input.value = message.text;
    this.input.focus();
  }

  #showFrame(text, sent) {
    let pretty = text;
    try {
      pretty = JSON.stringify(JSON.parse(text), null, 1);
    } catch {
      // Shown as it is.
    }
    this.frames.prepend(el("li", { "data-sent": sent }, pretty));
    while (this.frames.children.length > FRAMES_KEPT) this.frames.lastChild
      .remove();
  }
}
