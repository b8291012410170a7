// The page: who is signed in, which of the two views a phone shows, and the
// wires between the chat's state and the views.

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { batched, byId, dressAvatar, el, nameOf, oneLine } from "./dom.js";
import * as identities from "./identity.js";
import { confirmDelete, openMenu } from "./menu.js";
import { RoomListView } from "./roomlist.js";
import { SignInView } from "./signin.js";
import { ThreadView } from "./thread.js";

const STATE_TEXT = {
  connecting: "connecting",
  online: "online",
  reconnecting: "reconnecting",
  stopped: "offline",
};

const RENEW_PAUSE_MS = 10000;

const wide = matchMedia("(min-width: 721px)");

// Everything that lives as long as one user is signed in.
class Session {
  constructor(identity, onRefused) {
    this.onRefused = onRefused;
    this.ended = false;
    const isRefused = identities.isRefused;
    const on = (...change) => this.ended || this.#changed(...change);
    this.chat = new Chat(identity, on, isRefused);
    this.roomList = new RoomListView(this.chat);
    this.thread = new ThreadView(this.chat, {
      onMenu: (button, message) => this.#menu(button, message),
      onRead: (room, id) => this.chat.markRead(room, id),
    });
    this.composer = new Composer(this.chat, () => this.thread.toEnd());
    this.drawRooms = batched(() => this.ended || this.#drawRooms());
    this.drawThread = batched(() => this.ended || this.thread.draw());
  }

  start() {
    const { me } = this.chat;
    byId("app").hidden = false;
    byId("me-name").textContent = me.name;
    dressAvatar(byId("me-avatar"), me.id, me.name);
    this.#drawState();
    this.drawRooms();
    this.followAddress();
    this.chat.start();
  }

  end() {
    this.ended = true;
    this.chat.stop();
    this.thread.show(null);
    byId("app").hidden = true;
    document.title = "Parlance";
  }

  // The address says which room is open: the Back button of a phone works.
  followAddress() {
    const match = /^#room=(\d{1,16})$/.exec(location.hash);
    const id = match ? Number(match[1]) : null;
    byId("app").dataset.view = id === null ? "rooms" : "thread";
    if (id === (this.chat.current?.id ?? null)) return;
    this.chat.open(id);
    this.composer.show(this.chat.current);
    this.thread.show(this.chat.current);
    this.drawRooms();
    if (id === null) return;
    if (wide.matches) this.composer.focus();
    else byId("back").focus({ preventScroll: true });
  }

  visible() {
    this.drawRooms();
    this.drawThread();
  }

  #changed(what, room, message) {
    if (what === "refused") this.onRefused();
    if (what === "state") {
      this.#drawState();
      this.drawThread();
    }
    if (what === "rooms") {
      this.#openFirst();
      this.drawRooms();
      this.drawThread();
    }
    if (what === "thread" && room === this.chat.current) this.drawThread();
    if (what === "incoming") this.#announce(room, message);
  }

  // On a wide screen an empty half would be a waste.
  #openFirst() {
    if (!wide.matches || this.chat.current || this.openedFirst) return;
    const [first] = this.chat.roomsInOrder();
    if (!first || !this.chat.listed) return;
    this.openedFirst = true;
    history.replaceState(null, "", `#room=${first.id}`);
    this.followAddress();
  }

  #drawState() {
    const { state } = this.chat;
    byId("status").dataset.state = state;
    byId("status").textContent = STATE_TEXT[state];
    byId("strip").hidden = state !== "reconnecting";
  }

  #drawRooms() {
    this.roomList.draw();
    const unread = this.chat.totalUnread();
    document.title = unread ? `(${unread}) Parlance` : "Parlance";
    const elsewhere = unread - (this.chat.current?.unread ?? 0);
    byId("back-unread").hidden = elsewhere <= 0;
    byId("back-unread").textContent = elsewhere > 99 ? "99+" : elsewhere;
  }

  // For people who listen: what came, and where.
  #announce(room, message) {
    if (room === this.chat.current) this.thread.noteIncoming();
    const place = room === this.chat.current
      ? ""
      : ` in ${nameOf(room, this.chat.me)}`;
    const line = `${message.user.username}${place}: ${oneLine(message.text)}`;
    const announcer = byId("announcer");
    announcer.append(el("p", {}, line));
    while (announcer.children.length > 5) announcer.firstChild.remove();
  }

  #menu(button, message) {
    const own = message.user.id === this.chat.me.id;
    const items = [{ label: "Reply", act: () => this.composer.reply(message) }];
    if (navigator.clipboard) {
      const { clipboard } = navigator;
      const act = () => clipboard.writeText(message.text).catch(() => {});
      items.push({ label: "Copy text", act });
    }
    if (own) {
      items.push({ label: "Edit", act: () => this.composer.edit(message) });
      const act = () => this.#remove(message);
      items.push({ label: "Delete", danger: true, act });
    }
    openMenu(button, items);
  }

  async #remove(message) {
    if (!(await confirmDelete())) return;
    const error = byId("composer-error");
    error.textContent = "";
    try {
      await this.chat.remove(message.id);
    } catch (failure) {
      error.textContent = `Not deleted. ${failure.message}`;
    }
  }
}

class Page {
  constructor() {
    this.session = null;
    this.users = [];
    this.signIn = new SignInView((identity) => this.enter(identity));
  }

  async start() {
    byId("signout").onclick = () => this.leave(null);
    byId("strip-now").onclick = () => this.session?.chat.reconnectNow();
    byId("back").onclick = () => this.#back();
    addEventListener("hashchange", () => this.#addressChanged());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.session?.visible();
    });
    // A room's link in the list is a step that Back undoes.
    byId("rooms").addEventListener("click", () => {
      this.steps = (this.steps ?? 0) + 1;
    });
    const token = identities.takeTokenFromAddress();
    if (token) identities.saveToken(token);
    const loading = identities.demoUsers();
    const saved = identities.savedToken();
    const identity = saved ? identities.identityOf(saved) : null;
    if (identity && !identity.expired) this.enter(identity);
    this.users = await loading;
    if (this.session) this.#drawHint();
    else if (token && !identity) this.leave("The link holds no valid token.");
    else if (identity) this.#renew(identity);
    else this.signIn.show(this.users, null);
  }

  enter(identity) {
    this.session?.end();
    identities.saveToken(identity.token);
    this.signIn.hide();
    this.session = new Session(identity, () => this.#refused(identity));
    this.session.start();
    this.#drawHint();
  }

  // Back to the first view; |notice| says why, if it was not asked for.
  leave(notice) {
    this.session?.end();
    this.session = null;
    identities.forgetToken();
    history.replaceState(null, "", location.pathname + location.search);
    this.signIn.show(this.users, notice);
  }

  // A token ends while the page stays open.  A demonstration server gives a
  // new one for the same user; any other wants the person to sign in again.
  async #refused(identity) {
    const { session } = this;
    session?.chat.stop();
    this.users = await identities.demoUsers();
    if (this.session === session) this.#renew(identity);
  }

  #renew(identity) {
    const fresh = this.users.find((user) => user.id === identity.id);
    // A server that refuses what it gave us a moment ago will go on so.
    const again = Date.now() - (this.renewedAt ?? 0) < RENEW_PAUSE_MS;
    this.renewedAt = Date.now();
    if (fresh && !again) this.enter(fresh);
    else this.leave("The token has expired or was refused. Sign in again.");
  }

  #addressChanged() {
    const token = identities.takeTokenFromAddress();
    if (token) {
      const identity = identities.identityOf(token);
      if (identity && !identity.expired) this.enter(identity);
      else this.leave("The link holds no valid token.");
      return;
    }
    this.session?.followAddress();
  }

  #back() {
    if (this.steps > 0) {
      this.steps -= 1;
      history.back();
    } else {
      history.replaceState(null, "", location.pathname + location.search);
      this.session?.followAddress();
    }
  }

  #drawHint() {
    const me = this.session.chat.me;
    const others = this.users.filter((user) => user.id !== me.id);
    const hint = byId("demo-hint");
    hint.hidden = others.length === 0;
    hint.replaceChildren(
      "It takes two to chat. Open a second tab as ",
      ...others.flatMap((user, index) => [
        index === 0 ? "" : ", ",
        el("a", {
          href: `${location.pathname}#token=${user.token}`,
          target: "_blank",
          rel: "noopener",
        }, user.name),
      ]),
      ".",
    );
  }
}

new Page().start();
