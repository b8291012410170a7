// The messages of one room that the page holds: always the newest ones
// without a gap, sorted by id.  Two sources feed it, pages of history and
// live events, and their order on the wire says nothing about which is newer:
// a page may have been read before an edit and arrive after it.  The rules
// here make the result the same either way.  Pure: no DOM, no network.

export class Timeline {
  constructor() {
    this.messages = []; // oldest first
    this.byId = new Map();
    this.deleted = new Set(); // ids that never come back
    this.complete = false; // nothing older exists
    this.clock = 0; // counts live events
    // What live events told while pages were under way:
    // id -> {at: clock, message}.
    this.told = new Map();
    this.pagesUnderWay = 0;
  }

  get newest() {
    return this.messages.at(-1) ?? null;
  }

  get oldest() {
    return this.messages[0] ?? null;
  }

  has(id) {
    return this.byId.has(id);
  }

  get(id) {
    return this.byId.get(id) ?? null;
  }

  // Pages are asked for between begin() and end(); what begin() returns is
  // handed to merge() and keepOnly() with their answers.
  begin() {
    this.pagesUnderWay += 1;
    return this.clock;
  }

  end() {
    this.pagesUnderWay -= 1;
    if (this.pagesUnderWay === 0) this.told.clear();
  }

  // A live create.  Returns whether the message was new here.  (The answer
  // to a repeated send is a create too, of a message that may be old.)
  create(message) {
    if (this.deleted.has(message.id)) return false;
    this.#tell(message);
    if (this.byId.has(message.id)) {
      this.#renew(message);
      return false;
    }
    const old = this.oldest && message.id < this.oldest.id;
    if (old && !this.complete) return false;
    this.#insert(message);
    return true;
  }

  // A live update.  One of a message that is not held only counts for the
  // pages under way: to show it would tear a gap.
  update(message) {
    if (this.deleted.has(message.id)) return;
    this.#tell(message);
    if (this.byId.has(message.id)) this.#renew(message);
  }

  // A live delete.  Returns whether the message was here.
  remove(id) {
    this.deleted.add(id);
    this.clock += 1;
    if (!this.byId.delete(id)) return false;
    this.messages.splice(this.#indexOf(id), 1);
    return true;
  }

  // A page of history.  What a live event has told since the page was asked
  // for is newer than the page.  Returns whether any of its messages was
  // known before (true for an empty page).
  merge(page, asked) {
    let overlap = page.length === 0;
    for (const message of page) {
      const known = this.byId.has(message.id);
      overlap ||= known;
      if (this.deleted.has(message.id)) continue;
      const told = this.told.get(message.id);
      const latest = told && told.at > asked ? told.message : message;
      if (known) this.#renew(latest);
      else this.#insert(latest);
    }
    return overlap;
  }

  // After a reconnect: |ids| is all that the server holds down to the
  // oldest of them.  What is missing there was deleted while we were away;
  // what is older is forgotten, to be loaded again when wanted.
  keepOnly(ids, asked) {
    const listed = new Set(ids);
    const floor = ids.length ? Math.min(...ids) : Infinity;
    this.messages = this.messages.filter((message) => {
      const live = (this.told.get(message.id)?.at ?? 0) > asked;
      const keep = listed.has(message.id) || (live && message.id > floor);
      if (!keep) this.byId.delete(message.id);
      return keep;
    });
  }

  // Forgets the oldest so that |count| messages remain.
  trim(count) {
    const cut = this.messages.length - count;
    if (cut <= 0) return;
    for (const message of this.messages.splice(0, cut)) {
      this.byId.delete(message.id);
    }
    this.complete = false;
  }

  // Somebody else has read up to |id|: so they have read what I wrote before.
  markOwnRead(id, user_id) {
    for (const message of this.messages) {
      if (message.id > id) break;
      if (message.user.id === user_id && !message.read) {
        this.#replace({ ...message, read: true });
      }
    }
  }

  // How many messages by others are newer than |id|.
  countOthersAfter(id, user_id) {
    let count = 0;
    for (let i = this.messages.length - 1; i >= 0; i--) {
      if (this.messages[i].id <= id) break;
      if (this.messages[i].user.id !== user_id) count += 1;
    }
    return count;
  }

  #tell(message) {
    this.clock += 1;
    if (this.pagesUnderWay > 0) {
      this.told.set(message.id, { at: this.clock, message });
    }
  }

  // Where |id| is, or would go.
  #indexOf(id) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(message) {
    this.byId.set(message.id, message);
    this.messages.splice(this.#indexOf(message.id), 0, message);
  }

  // The dialect has no flag for "edited": a text that changed tells.
  #renew(message) {
    const known = this.byId.get(message.id);
    const edited = Boolean(known.edited) || known.text !== message.text;
    this.#replace({ ...message, edited });
  }

  // Messages are never changed in place, so that a view sees by identity
  // which of them it has to draw again.
  #replace(message) {
    this.byId.set(message.id, message);
    this.messages[this.#indexOf(message.id)] = message;
  }
}
