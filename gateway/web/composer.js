// Where one writes: new messages, replies, and edits of one's own.

import { byId, oneLine } from "./dom.js";

const TEXT_MAX = 8192; // code points, the server's limit
const HEIGHT_MAX_PX = 160;

export class Composer {
  constructor(chat, onSent) {
    this.chat = chat;
    this.onSent = onSent;
    this.room = null;
    this.drafts = new Map(); // room id -> text
    this.about = null; // {kind: "edit" | "reply", message}
    this.busy = false;
    this.text = byId("composer-text");
    this.touch = matchMedia("(pointer: coarse)");
    byId("composer").onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    byId("composer-cancel").onclick = () => this.cancel();
    this.text.oninput = () => this.#changed();
    this.text.onkeydown = (event) => this.#key(event);
  }

  show(room) {
    if (this.room && this.about?.kind !== "edit") {
      this.drafts.set(this.room.id, this.text.value);
    }
    this.room = room;
    this.#setAbout(null);
    this.#setText(room ? this.drafts.get(room.id) ?? "" : "");
  }

  focus() {
    // On a phone the keyboard would cover what one came to read.
    if (!this.touch.matches) this.text.focus({ preventScroll: true });
  }

  reply(message) {
    if (this.about?.kind === "edit") this.cancel();
    this.#setAbout({ kind: "reply", message });
    this.text.focus({ preventScroll: true });
  }

  edit(message) {
    if (this.about?.kind !== "edit") {
      this.drafts.set(this.room.id, this.text.value);
    }
    this.#setAbout({ kind: "edit", message });
    this.#setText(message.text);
    this.text.focus({ preventScroll: true });
  }

  cancel() {
    const was = this.about;
    this.#setAbout(null);
    if (was?.kind === "edit") {
      this.#setText(this.drafts.get(this.room.id) ?? "");
    }
    this.text.focus({ preventScroll: true });
  }

  #setAbout(about) {
    this.about = about;
    byId("composer-about").hidden = about === null;
    this.#say("");
    if (!about) return;
    const reply = about.kind === "reply";
    byId("composer-about-title").textContent = reply
      ? `Reply to ${about.message.user.username}`
      : "Edit your message";
    byId("composer-about-quote").textContent = oneLine(about.message.text);
  }

  #setText(text) {
    this.text.value = text;
    this.#changed();
  }

  #say(error) {
    byId("composer-error").textContent = error;
  }

  #changed() {
    this.text.style.height = "auto";
    const height = Math.min(this.text.scrollHeight, HEIGHT_MAX_PX);
    this.text.style.height = `${height}px`;
    byId("composer-send").disabled = this.text.value.trim() === "";
    const over = [...this.text.value].length - TEXT_MAX;
    this.#say(over > 0 ? `${over} characters too long.` : "");
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !this.touch.matches) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.about) {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "ArrowUp" && !this.about && !this.text.value) {
      const own = (message) => message.user.id === this.chat.me.id;
      const last = this.room.timeline.messages.findLast(own);
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  #submit() {
    const text = this.text.value;
    if (this.busy || text.trim() === "" || [...text].length > TEXT_MAX) return;
    if (this.about?.kind === "edit") {
      this.#submitEdit(text);
      return;
    }
    const replyTo = this.about?.message.id ?? null;
    if (!this.chat.send(this.room, text.trim(), replyTo)) {
      this.#say("Too many messages wait to be sent already.");
      return;
    }
    this.drafts.delete(this.room.id);
    this.#setAbout(null);
    this.#setText("");
    this.text.focus({ preventScroll: true });
    this.onSent();
  }

  async #submitEdit(text) {
    const { about } = this;
    this.busy = true;
    try {
      await this.chat.edit(about.message.id, text.trim());
      if (this.about === about) this.cancel();
    } catch (error) {
      if (this.about === about) this.#say(`Not changed. ${error.message}`);
    }
    this.busy = false;
  }
}
