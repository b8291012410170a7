// The conversation: messages from old to new, with days, groups, quotes and
// ticks; scrolling back loads more.  Draws from the room's state each time
// and reuses the nodes of what did not change.

import { aboutOf, byId, day, dressAvatar, el, nameOf } from "./dom.js";
import { messageNode } from "./message.js";

const BOTTOM_PX = 60; // this near the end counts as being at the end
const LOAD_OLDER_PX = 500;
const GROUP_MS = 5 * 60 * 1000;
const FLASH_MS = 1500;
const TRIM_AT = 400;
const TRIM_TO = 150;

export class ThreadView {
  // onMenu(button, message), onRead(room, id), onAgain(): after a failure.
  constructor(chat, handlers) {
    this.chat = chat;
    this.handlers = handlers;
    this.scroller = byId("scroller");
    this.list = byId("messages");
    this.nodes = new Map(); // key -> {node, signature, message}
    this.room = null;
    this.atEnd = true;
    this.missed = 0; // messages that came while scrolled up
    this.scroller.onscroll = () => this.#scrolled();
    byId("jump").onclick = () => this.toEnd();
    window.onresize = () => {
      if (this.atEnd) this.#scrollToEnd();
    };
  }

  show(room) {
    this.room = room;
    this.nodes.clear();
    this.list.replaceChildren();
    this.atEnd = true;
    this.missed = 0;
    this.firstUnreadId = null;
    this.unreadAtOpening = room?.unread ?? 0;
    byId("thread").hidden = room === null;
    byId("thread-none").hidden = room !== null;
    this.draw();
  }

  // A message of somebody else came into the shown room.
  noteIncoming() {
    if (!this.atEnd) this.missed += 1;
  }

  toEnd() {
    this.#scrollToEnd();
    this.atEnd = true;
    this.missed = 0;
    this.draw();
  }

  draw() {
    const { room } = this;
    if (!room) return;
    this.#drawHeader(room);
    if (this.atEnd && room.timeline.messages.length > TRIM_AT) {
      room.timeline.trim(TRIM_TO);
    }
    const anchor = this.atEnd ? null : this.#anchor();
    this.#drawOlder(room);
    this.#drawMessages(room);
    if (this.atEnd) this.#scrollToEnd();
    else if (anchor) this.#keep(anchor);
    byId("jump").hidden = this.atEnd;
    byId("jump-count").hidden = this.missed === 0;
    byId("jump-count").textContent = String(this.missed);
    this.#loadOlderIfNear();
    this.markRead();
  }

  // Tells the chat which message of another is the newest that is in view.
  markRead() {
    const { room } = this;
    if (!room || !room.loaded || room.unread === 0 || document.hidden) return;
    const frame = this.scroller.getBoundingClientRect();
    if (frame.height === 0) return; // the phone shows the list of rooms
    const { messages } = room.timeline;
    for (let i = messages.length - 1; i >= 0; i--) {
      if (messages[i].user.id === this.chat.me.id) continue;
      const box = this.nodes.get(messages[i].id)?.node.getBoundingClientRect();
      // Its last line is on the screen, or was before scrolling on.
      if (box && box.height > 0 && box.bottom <= frame.bottom + 8) {
        this.handlers.onRead(room, messages[i].id);
        return;
      }
    }
  }

  // Scrolls to a message that is quoted, if it is loaded.
  jumpTo(id) {
    const node = this.nodes.get(id)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.dataset.flash = "";
    setTimeout(() => delete node.dataset.flash, FLASH_MS);
  }

  #drawHeader(room) {
    const { me } = this.chat;
    const name = nameOf(room, me);
    const other = room.counterpart(me.id);
    dressAvatar(byId("thread-avatar"), other?.id ?? room.id, name);
    byId("thread-title").textContent = name;
    byId("thread-subtitle").textContent = aboutOf(room, me);
  }

  #drawOlder(room) {
    const older = byId("older");
    let parts = [];
    if (room.error) {
      parts = [room.error];
    } else if (room.olderError) {
      const again = el(
        "button",
        { class: "link", type: "button", onclick: () => this.#loadOlder() },
        "Try again",
      );
      const why = `Earlier messages could not be loaded: ${room.olderError} `;
      parts = [why, again];
    } else if (!room.loaded || !room.timeline.complete) {
      const label = "Loading";
      parts = [el("span", { class: "dots", role: "img", "aria-label": label })];
    } else if (this.#isEmpty(room)) {
      parts = ["No messages yet. Say hello."];
    }
    const text = parts.map((part) => part.className ?? part).join();
    older.hidden = parts.length === 0;
    if (older.dataset.shows === text) return;
    older.dataset.shows = text;
    older.replaceChildren(...parts);
  }

  #isEmpty(room) {
    const waiting = this.chat.outbox.of(room.id);
    return room.timeline.messages.length + waiting.length === 0;
  }

  // The first message that was unread when the room was opened.
  #findFirstUnread(room) {
    if (!room.loaded || this.unreadAtOpening === 0) return;
    const { messages } = room.timeline;
    let left = this.unreadAtOpening;
    for (let i = messages.length - 1; i >= 0 && left > 0; i--) {
      if (messages[i].user.id === this.chat.me.id) continue;
      left -= 1;
      this.firstUnreadId = messages[i].id;
    }
    this.unreadAtOpening = 0;
  }

  #drawMessages(room) {
    this.#findFirstUnread(room);
    const waiting = this.chat.outbox.of(room.id);
    const rows = this.#rows([
      ...room.timeline.messages.map((message) => ({
        key: message.id,
        message,
        date: new Date(message.date),
        author: message.user,
      })),
      ...waiting.map((message) => ({
        key: message.key,
        waiting: message,
        date: new Date(message.at),
        author: { id: this.chat.me.id, username: this.chat.me.name },
      })),
    ]);
    const used = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.nodes) {
      if (used.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    const nodes = rows.map((row) => this.#node(room, row));
    let next = this.list.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else this.list.insertBefore(node, next);
    }
  }

  // Adds the separators, and where groups of one author begin and end.
  #rows(entries) {
    const authors = new Set(entries.map((entry) => entry.author.id));
    authors.delete(this.chat.me.id);
    const named = authors.size > 1 || !this.room.counterpart(this.chat.me.id);
    const rows = [];
    let before = null;
    for (const entry of entries) {
      const label = day(entry.date);
      const newDay = !before || before.label !== label;
      const unread = entry.key === this.firstUnreadId;
      if (newDay) rows.push({ key: `day ${label}`, separator: label });
      if (unread) rows.push({ key: "new", separator: "New", unread: true });
      const follows = before && !newDay && !unread &&
        before.entry.author.id === entry.author.id &&
        entry.date - before.entry.date < GROUP_MS;
      entry.first = !follows;
      entry.last = true;
      entry.named = named;
      if (follows) before.entry.last = false;
      rows.push(entry);
      before = { entry, label };
    }
    return rows;
  }

  #node(room, row) {
    const { chat } = this;
    const quotedId = row.message?.reply_to_message ?? row.waiting?.replyTo;
    const quoted = quotedId ? room.timeline.get(quotedId) : null;
    const signature = [
      row.first, row.last, row.named, row.waiting?.error, chat.online,
      quoted?.text, row.separator,
    ].join("\n");
    const known = this.nodes.get(row.key);
    const same = known && known.message === row.message;
    if (same && known.signature === signature) return known.node;
    const node = row.separator
      ? el("li", { class: row.unread ? "day new" : "day" },
        el("span", {}, row.separator))
      : messageNode(row, {
        me: chat.me,
        online: chat.online,
        quotedId,
        quoted,
        onQuote: () => this.jumpTo(quotedId),
        onMenu: (button) => this.handlers.onMenu(button, row.message),
        onRetry: () => chat.resend(room, row.key),
        onDiscard: () => chat.discard(room, row.key),
      });
    if (known) {
      const focused = known.node.contains(document.activeElement);
      known.node.replaceWith(node);
      if (focused) node.querySelector("button")?.focus({ preventScroll: true });
    }
    this.nodes.set(row.key, { node, signature, message: row.message });
    return node;
  }

  // The first row in view and where it is, to keep it there.
  #anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    for (const [key, { node }] of this.nodes) {
      if (typeof key !== "number") continue;
      const box = node.getBoundingClientRect();
      if (box.bottom > top && box.height > 0) return { key, top: box.top };
    }
    return null;
  }

  #keep(anchor) {
    const node = this.nodes.get(anchor.key)?.node;
    if (!node) return;
    const moved = node.getBoundingClientRect().top - anchor.top;
    if (moved !== 0) this.scroller.scrollTop += moved;
  }

  #scrollToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight < BOTTOM_PX;
    if (atEnd !== this.atEnd) {
      this.atEnd = atEnd;
      if (atEnd) this.missed = 0;
      byId("jump").hidden = atEnd;
      byId("jump-count").hidden = this.missed === 0;
    }
    this.#loadOlderIfNear();
    this.markRead();
  }

  #loadOlderIfNear() {
    const { room } = this;
    if (!room || room.olderError || this.scroller.clientHeight === 0) return;
    if (this.scroller.scrollTop < LOAD_OLDER_PX) this.#loadOlder();
  }

  #loadOlder() {
    this.chat.loadOlder(this.room);
  }
}
