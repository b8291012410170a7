// The page: who is who, which room, and a pane for each dialect.

import { byId, el } from "./dom.js";
import { chats } from "./dialect_chats.js";
import { dialogs } from "./dialect_dialogs.js";
import { messenger } from "./dialect_messenger.js";
import * as identities from "./identity.js";
import { Pane } from "./pane.js";

const KINDS = { orders: "order", directs: "direct", projects: "project" };

function notice(text) {
  byId("notice").hidden = !text;
  byId("notice").textContent = text;
}

// All rooms of |identity|, as the dialect `chats` lists them.
async function roomsOf(identity) {
  const rooms = [];
  for (const [path, chat_type] of Object.entries(KINDS)) {
    const response = await fetch(`chats/${path}/`, {
      headers: { Authorization: `Bearer ${identity.token}` },
    });
    if (!response.ok) throw new Error(`GET /chats/${path}/: ${response.status}`);
    for (const chat of await response.json()) {
      rooms.push({
        id: chat.room_id,
        chat_type,
        chat_id: String(chat.id),
        name: `${chat_type} ${chat.name || chat.id}`,
      });
    }
  }
  return rooms;
}

// Those that everybody here is in.
async function commonRooms(people) {
  const [first, ...others] = await Promise.all(people.map(roomsOf));
  return first.filter((room) => others.every((rooms) =>
    rooms.some((other) => other.id === room.id)));
}

async function peopleHere() {
  const demo = await identities.demoUsers();
  if (demo.length) return demo.slice(0, 2);
  const saved = identities.identityOf(identities.savedToken() ?? "");
  return saved ? [saved] : [];
}

async function start() {
  const people = await peopleHere();
  if (!people.length) {
    notice("Sign in on the chat page first: this page then uses that token.");
    return;
  }
  const rooms = await commonRooms(people);
  if (!rooms.length) {
    notice("There is no room yet. POST /api/rooms makes one.");
    return;
  }
  const panes = [chats, dialogs, messenger].map(
    (dialect, index) => new Pane(dialect, people, index),
  );
  byId("panes").append(...panes.map((pane) => pane.node));
  byId("room").append(...rooms.map((room) => el("option", {}, room.name)));
  const open = () => {
    const room = rooms[byId("room").selectedIndex];
    for (const pane of panes) pane.open(room);
  };
  byId("room").addEventListener("change", open);
  open();
}

start().catch((error) => notice(error.message));
