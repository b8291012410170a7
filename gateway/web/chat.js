// The state of one user's chat: rooms, their messages, what waits to be sent,
// and how all of it is brought up to date after a reconnect.  The views read
// it and are told what changed; it knows nothing of them.

import { Messenger } from "./messenger.js";
import { Outbox } from "./outbox.js";
import { Room } from "./room.js";

const PAGE_SIZE = 30;
const REFRESH_PAGES_MAX = 10;
const LIVE_ROOMS_MAX = 60;
const LIST_INTERVAL_MS = 20000;
const LIST_DELAY_MS = 400;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 8000;
const SEAM_FRESH_MS = 5000;
const KEEP_IN_BACKGROUND = 60;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Chat {
  // on(what, room): "state", "rooms", "thread" (of room), "incoming" (room,
  // message), "refused" (the token).
  constructor(identity, on, isRefused) {
    this.me = identity;
    this.on = on;
    this.isRefused = isRefused;
    this.rooms = new Map();
    this.listed = false; // whether the room list was loaded once
    this.listPages = 1;
    this.listComplete = false;
    this.listError = null;
    this.current = null;
    this.outbox = new Outbox(identity.id);
    this.flushing = false;
    this.listTimer = null;
    this.messenger = new Messenger(() => this.#address(), {
      onState: () => this.on("state"),
      onReady: () => this.#resume(),
      onEvent: (frame) => this.#takeEvent(frame),
      onRefused: () => this.on("refused"),
      onNotOpened: () => this.#checkToken(),
    });
    this.onVisible = () => {
      if (!document.hidden) this.#listSoon();
    };
  }

  get state() {
    return this.messenger.state;
  }

  get online() {
    return this.messenger.state === "online";
  }

  start() {
    document.addEventListener("visibilitychange", this.onVisible);
    this.listInterval = setInterval(this.onVisible, LIST_INTERVAL_MS);
    this.messenger.start();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearInterval(this.listInterval);
    clearTimeout(this.listTimer);
    this.messenger.stop();
  }

  reconnectNow() {
    this.messenger.reconnectNow();
  }

  // The rooms in the order of their latest activity.
  roomsInOrder() {
    const listed = [...this.rooms.values()].filter((room) => !room.error);
    const date = (room) => room.last?.date ?? "";
    return listed.sort((a, b) => {
      if (date(a) !== date(b)) return date(a) < date(b) ? 1 : -1;
      return a.order - b.order;
    });
  }

  totalUnread() {
    let total = 0;
    for (const room of this.rooms.values()) total += room.unread;
    return total;
  }

  // Makes a room the one that is shown.  null: none.
  open(id) {
    if (this.current && this.current.id !== id) {
      this.current.timeline.trim(KEEP_IN_BACKGROUND);
    }
    if (id === null) {
      this.current = null;
      return;
    }
    const room = this.#room(id);
    this.current = room;
    if (this.online) this.#enter(room);
  }

  async loadOlder(room) {
    const { timeline } = room;
    if (!room.loaded || room.loadingOlder || timeline.complete) return;
    if (!this.online) return;
    room.loadingOlder = true;
    room.olderError = null;
    this.on("thread", room);
    const page = Math.floor(timeline.messages.length / PAGE_SIZE) + 1;
    try {
      const overlap = await this.#loadPage(room, page);
      room.seam = overlap ? null : { page, at: Date.now() };
    } catch (error) {
      room.olderError = error.status === 0 ? null : error.message;
    }
    room.loadingOlder = false;
    this.on("thread", room);
  }

  async loadMoreRooms() {
    if (this.listComplete || !this.online) return;
    this.listPages += 1;
    await this.#loadList();
  }

  // Returns false where too much waits already.
  send(room, text, replyTo) {
    if (this.outbox.full) return false;
    this.outbox.add(room.id, text, replyTo);
    this.on("thread", room);
    this.#flush();
    return true;
  }

  resend(room, key) {
    this.outbox.retry(key);
    this.on("thread", room);
    this.#flush();
  }

  discard(room, key) {
    this.outbox.remove(key);
    this.on("thread", room);
  }

  async edit(id, text) {
    await this.messenger.request("edit_message", { pk: id, message: text });
  }

  async remove(id) {
    await this.messenger.request("delete_message", { pk: id });
  }

  // The person has seen the message |id| of somebody else.
  async markRead(room, id) {
    if (room.unread === 0 || id <= room.readSent || !this.online) return;
    room.readSent = id;
    try {
      await this.#ask("message_read", { pk: id });
      room.unread = room.timeline.countOthersAfter(id, this.me.id);
      this.on("rooms");
    } catch {
      // Lost, or the message was deleted meanwhile: the view asks again.
      if (room.readSent === id) room.readSent = 0;
      this.#listSoon();
    }
  }

  #address() {
    const url = new URL("messenger/chat/", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = `?token=${encodeURIComponent(this.me.token)}`;
    return url.href;
  }

  #room(id) {
    let room = this.rooms.get(id);
    if (!room) {
      room = new Room(id);
      this.rooms.set(id, room);
    }
    return room;
  }

  async #checkToken() {
    if (await this.isRefused(this.me.token)) this.on("refused");
  }

  // A request that may be repeated: waits and asks again where the server
  // is busy or not ready.  A lost connection ends it: #resume starts over.
  async #ask(action, parameters) {
    for (let wait_ms = RETRY_FIRST_MS; ; wait_ms *= 2) {
      try {
        return await this.messenger.request(action, parameters);
      } catch (error) {
        if (error.status === 0 || !error.temporary) throw error;
        await pause(Math.min(wait_ms, RETRY_MAX_MS));
      }
    }
  }

  // After every (re)connect: the open room first, then what is to be sent,
  // then all the rest.
  #resume() {
    for (const room of this.rooms.values()) {
      room.subscribed = false;
      room.readSent = 0;
      if (room !== this.current) room.forget();
    }
    if (this.current) this.#enter(this.current);
    else this.#flush();
    this.#loadList();
  }

  async #enter(room) {
    try {
      const joined = this.#ask("join_room", { pk: room.id });
      const subscribed = this.#subscribe(room);
      // Both are awaited below; a failure of one must not leave the other
      // without a handler.
      const [answer] = await Promise.all([joined, subscribed]);
      room.error = null;
      room.take(answer.data);
      this.on("rooms");
      // Before the history is read: what we sent and had no answer for is
      // then already known as stored.
      this.#flush();
      if (!room.loaded || room.stale) await this.#refresh(room);
    } catch (error) {
      if (error.status === 0) return;
      const gone = error.status === 404;
      room.error = gone ? "This room does not exist." : error.message;
    }
    this.on("rooms");
    this.on("thread", room);
  }

  async #subscribe(room) {
    if (room.subscribed) return;
    await this.#ask("subscribe_to_messages_in_room", { pk: room.id });
    room.subscribed = true;
    room.stale = true;
  }

  async #loadPage(room, page) {
    const { timeline } = room;
    const asked = timeline.begin();
    try {
      const answer = await this.#page(room, page);
      const overlap = timeline.merge(answer.data, asked);
      if (answer.data.length < PAGE_SIZE) timeline.complete = true;
      return overlap;
    } finally {
      timeline.end();
    }
  }

  #page(room, page) {
    const action = "retrive_room_paginated_message_action";
    return this.#ask(action, { pk: room.id, page });
  }

  // Loads the newest page, and again as much as was held before, so that
  // what was said, edited and deleted while we were away is made good.
  async #refresh(room) {
    const { timeline } = room;
    const deletes = room.deletes;
    const wanted = timeline.messages.length;
    const ids = [];
    const asked = timeline.begin();
    try {
      let complete = false;
      for (let page = 1; page <= REFRESH_PAGES_MAX && !complete; page++) {
        const { data } = await this.#page(room, page);
        timeline.merge(data, asked);
        for (const message of data) ids.push(message.id);
        complete = data.length < PAGE_SIZE;
        if (ids.length >= wanted) break;
      }
      timeline.keepOnly(ids, asked);
      timeline.complete = complete;
    } finally {
      timeline.end();
    }
    room.loaded = true;
    room.stale = false;
    room.seam = null;
    // A message deleted between two pages moved the rest: one may be missing.
    const torn = room.deletes !== deletes && ids.length > PAGE_SIZE;
    if (torn) await this.#refresh(room);
  }

  #listSoon() {
    if (this.listTimer !== null) return;
    this.listTimer = setTimeout(() => {
      this.listTimer = null;
      if (this.online) this.#loadList();
    }, LIST_DELAY_MS);
  }

  async #loadList() {
    try {
      await this.#loadListPages();
      const fresh = this.roomsInOrder()
        .slice(0, LIVE_ROOMS_MAX)
        .filter((room) => !room.subscribed && room !== this.current);
      await Promise.all(fresh.map((room) => this.#subscribe(room)));
      // What happened before a subscription is only in a list read after it.
      if (fresh.length > 0) await this.#loadListPages();
      this.listError = null;
    } catch (error) {
      if (error.status !== 0) this.listError = error.message;
    }
    this.on("rooms");
  }

  async #loadListPages() {
    const seen = new Set();
    for (let page = 1; page <= this.listPages; page++) {
      const action = "pag_user_chat_list_action";
      const { data } = await this.#ask(action, { page });
      for (const row of data.data) {
        const room = this.#room(row.pk);
        room.take(row);
        room.order = seen.size;
        seen.add(row.pk);
      }
      this.listComplete = data.data.length < data.default_page_size;
      if (this.listComplete) break;
    }
    if (this.listComplete) {
      for (const room of [...this.rooms.values()]) {
        if (!seen.has(room.id) && room !== this.current) {
          this.rooms.delete(room.id);
        }
      }
    }
    this.listed = true;
    this.on("rooms");
  }

  // Sends what waits, one at a time, so that order survives any failure.
  async #flush() {
    if (this.flushing) return;
    this.flushing = true;
    let wait_ms = RETRY_FIRST_MS;
    let message;
    while (this.online && (message = this.outbox.next())) {
      try {
        await this.messenger.request("create_message", {
          pk: message.room,
          message: message.text,
          client_key: message.key,
          ...(message.replyTo ? { reply_to_message: message.replyTo } : {}),
        });
        this.outbox.remove(message.key);
        wait_ms = RETRY_FIRST_MS;
      } catch (error) {
        if (error.status === 0) break;
        if (error.temporary) {
          await pause(wait_ms);
          wait_ms = Math.min(wait_ms * 2, RETRY_MAX_MS);
        } else {
          this.outbox.fail(message, error.message);
        }
      }
      const room = this.rooms.get(message.room);
      if (room) this.on("thread", room);
    }
    this.flushing = false;
  }

  #takeEvent(frame) {
    const message = frame.data;
    const room = this.rooms.get(message.chat);
    if (!room) {
      this.#listSoon();
      return;
    }
    if (frame.action === "create") this.#takeCreate(room, message);
    else if (frame.action === "update") this.#takeUpdate(room, message);
    else this.#takeDelete(room, message);
    this.on("thread", room);
    this.on("rooms");
  }

  #takeCreate(room, message) {
    room.timeline.create(message);
    if (message.id <= room.newestId) return;
    room.newestId = message.id;
    room.last = message;
    if (message.user.id === this.me.id) return;
    room.unread += 1;
    this.on("incoming", room, message);
  }

  #takeUpdate(room, message) {
    room.timeline.update(message);
    if (room.last?.id === message.id) room.last = message;
    if (!message.read) return;
    if (message.user.id === this.me.id) {
      room.timeline.markOwnRead(message.id, this.me.id);
    } else if (message.id > room.readSent) {
      // Another tab of ours, or a third person, has read: counts may change.
      this.#listSoon();
    }
  }

  #takeDelete(room, message) {
    room.timeline.remove(message.id);
    room.deletes += 1;
    if (room.last?.id === message.id) {
      room.last = room.timeline.newest;
      room.newestId = room.last?.id ?? 0;
    }
    this.#listSoon();
    const { seam } = room;
    room.seam = null;
    // The page that joined last may have been read after this deletion and
    // asked for before it: then the message before it slipped through.
    if (seam && Date.now() - seam.at < SEAM_FRESH_MS) {
      this.#loadPage(room, seam.page - 1)
        .then(() => this.on("thread", room))
        .catch(() => {});
    }
  }
}
