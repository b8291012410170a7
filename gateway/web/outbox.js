// What was written and is not known to be stored yet.  It survives a reload
// of the tab.  Each message has a client_key from its first attempt on, so
// however often it is sent again, the server stores it once.

const CAPACITY = 200;

export class Outbox {
  constructor(user_id) {
    this.storageKey = `parlance.outbox.${user_id}`;
    this.messages = this.#load();
  }

  get full() {
    return this.messages.length >= CAPACITY;
  }

  // {key, room, text, replyTo, at, error}; error is null while it may be sent.
  add(room, text, replyTo) {
    const message = {
      key: newKey(),
      room,
      text,
      replyTo,
      at: Date.now(),
      error: null,
    };
    this.messages.push(message);
    this.#save();
    return message;
  }

  // The oldest message that is still to be sent.
  next() {
    return this.messages.find((message) => message.error === null) ?? null;
  }

  of(room) {
    return this.messages.filter((message) => message.room === room);
  }

  fail(message, reason) {
    message.error = reason;
    this.#save();
  }

  retry(key) {
    const message = this.messages.find((other) => other.key === key);
    if (message) message.error = null;
    this.#save();
  }

  remove(key) {
    this.messages = this.messages.filter((message) => message.key !== key);
    this.#save();
  }

  #load() {
    try {
      const saved = JSON.parse(sessionStorage.getItem(this.storageKey));
      return Array.isArray(saved) ? saved : [];
    } catch {
      return [];
    }
  }

  #save() {
    try {
      const text = JSON.stringify(this.messages);
      sessionStorage.setItem(this.storageKey, text);
    } catch {
      // Storage is full or forbidden: the outbox lives as long as the page.
    }
  }
}

// crypto.randomUUID exists only on https and localhost; this works anywhere.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
