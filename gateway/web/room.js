// One room as the page knows it: who and what it is, what the room list shows
// of it, and (while it is or was open) its messages.

import { Timeline } from "./timeline.js";

export class Room {
  constructor(id) {
    this.id = id;
    this.customer = null;
    this.executor = null;
    this.kind = null;
    this.title = "";
    this.last = null; // the latest message, as the room list shows it
    this.newestId = 0; // of the messages seen live or listed
    this.unread = 0;
    this.readSent = 0; // the message up to which we said we have read
    this.order = 0; // place in the server's list
    this.error = null; // why the room cannot be shown
    this.forget();
  }

  // Drops the messages, and what is known of being up to date.
  forget() {
    this.timeline = new Timeline();
    this.loaded = false;
    this.loadingOlder = false;
    this.olderError = null;
    this.subscribed = false;
    this.stale = false; // to be loaded again, though it is shown
    this.deletes = 0;
    this.seam = null; // {page, at}: a page that joined without overlap
  }

  // A row of the room list, or the answer to join_room, which is alike.
  take(row) {
    this.customer = row.customer ?? null;
    this.executor = row.executor ?? null;
    this.kind = row.kind ?? this.kind;
    this.title = row.title || this.title;
    const id = row.last_message?.id ?? 0;
    // A list that was read before a message that we know counts too little.
    if (id < this.newestId) return;
    this.last = row.last_message ?? null;
    this.newestId = id;
    this.unread = row.unread_count ?? this.unread;
  }

  // The one other person of a room of two, or null.
  counterpart(user_id) {
    const people = [this.customer, this.executor].filter(Boolean);
    if (people.length !== 2) return null;
    if (!people.some((person) => person.id === user_id)) return null;
    return people.find((person) => person.id !== user_id) ?? people[0];
  }
}
