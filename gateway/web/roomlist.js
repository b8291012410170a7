// The list of rooms, with the latest message and the unread count of each.

import { aboutOf, avatar, byId, el, nameOf, oneLine, when } from "./dom.js";

const LOAD_MORE_PX = 300;

export class RoomListView {
  constructor(chat) {
    this.chat = chat;
    this.rows = new Map(); // room id -> {node, signature}
    this.list = byId("rooms");
    this.scroller = byId("rooms-scroller");
    this.list.replaceChildren();
    this.scroller.onscroll = () => {
      const below = this.scroller.scrollHeight - this.scroller.scrollTop -
        this.scroller.clientHeight;
      if (below < LOAD_MORE_PX) chat.loadMoreRooms();
    };
  }

  draw() {
    const { chat } = this;
    const rooms = chat.roomsInOrder();
    const nodes = rooms.map((room) => this.#row(room));
    const focused = document.activeElement;
    nodes.forEach((node, index) => {
      const there = this.list.children[index];
      if (there !== node) this.list.insertBefore(node, there ?? null);
    });
    while (this.list.children.length > nodes.length) {
      this.list.lastChild.remove();
    }
    // A row that moved has lost the keyboard's focus.
    if (this.list.contains(focused)) focused.focus({ preventScroll: true });
    for (const id of this.rows.keys()) {
      if (!chat.rooms.has(id)) this.rows.delete(id);
    }
    this.#note(rooms);
  }

  #note(rooms) {
    const note = byId("rooms-note");
    let text = null;
    if (this.chat.listError) {
      text = `The rooms could not be loaded: ${this.chat.listError}`;
    } else if (!this.chat.listed) text = "Loading the rooms\u2026";
    else if (rooms.length === 0) text = "You are in no room yet.";
    note.hidden = text === null;
    note.textContent = text ?? "";
  }

  #row(room) {
    const { me } = this.chat;
    const current = room === this.chat.current;
    const name = nameOf(room, me);
    const { last } = room;
    const signature = JSON.stringify([
      name, current, room.unread, last?.id, last?.text, last?.date, room.kind,
      last && when(new Date(last.date)),
    ]);
    const known = this.rows.get(room.id);
    if (known?.signature === signature) return known.node;
    const node = known?.node ?? el("li");
    const other = room.counterpart(me.id);
    const parts = [
      avatar(other?.id ?? room.id, name),
      el(
        "span",
        { class: "room-text" },
        el("span", { class: "room-name" }, name),
        el("span", { class: "room-last" }, ...this.#last(room)),
      ),
      el(
        "span",
        { class: "room-side" },
        el("time", {}, last ? when(new Date(last.date)) : ""),
        this.#badge(room.unread),
      ),
    ];
    // The link stays, so that it keeps the keyboard's focus.
    const link = node.firstChild ?? node.appendChild(
      el("a", {
        class: "room",
        href: `#room=${room.id}`,
        "data-room": room.id,
      }),
    );
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.replaceChildren(...parts);
    this.rows.set(room.id, { node, signature });
    return node;
  }

  #last(room) {
    const { last } = room;
    if (!last) return [aboutOf(room, this.chat.me) || "No messages yet"];
    const text = oneLine(last.text);
    const own = last.user.id === this.chat.me.id;
    if (own) return [el("span", { class: "room-you" }, "You: "), text];
    if (room.counterpart(this.chat.me.id)) return [text];
    return [el("span", { class: "room-you" }, `${last.user.username}: `), text];
  }

  #badge(count) {
    if (count === 0) return el("span", { class: "badge-space" });
    const text = count > 99 ? "99+" : String(count);
    const label = `${count} unread`;
    return el("span", { class: "badge", "aria-label": label }, text);
  }
}
