// The protocol client of the `messenger` dialect: one WebSocket that comes
// back by itself, and requests that are answered by their request_id.  It
// knows frames, not rooms; what to say after a reconnect is the caller's
// business (onReady).  No DOM in here.

const BACKOFF_FIRST_MS = 300;
const BACKOFF_MAX_MS = 10000;
const OPEN_TIMEOUT_MS = 10000;
// Longer than the gateway's own patience with an absent broker (30 s).
const ANSWER_TIMEOUT_MS = 40000;
// A server that pushed us out for misuse wants quiet, not another try.
const PENALTY_MS = 10000;

const CLOSE_TOKEN = 4401;
const CLOSE_RATE = 4429;

// A request that got no usable answer.  `status` is the answer's
// response_status, or 0 where the connection was lost before any answer.
export class RequestError extends Error {
  constructor(status, reason) {
    super(reason);
    this.name = "RequestError";
    this.status = status;
  }

  // Whether asking the same again later may succeed.
  get temporary() {
    return [0, 429, 503, 504].includes(this.status);
  }
}

// The first reason in an answer's `errors`, as one line for a person.
// Errors are strings or objects {"field": ["reason", ...]}.
export function reasonOf(errors) {
  const first = Array.isArray(errors) ? errors[0] : errors;
  if (typeof first === "string") return first;
  if (first && typeof first === "object") {
    const [field, reasons] = Object.entries(first)[0] ?? ["error", "unknown"];
    const reason = String(Array.isArray(reasons) ? reasons[0] : reasons);
    return field === "message" ? reason : `${field}: ${reason}`;
  }
  return "The server refused the request.";
}

export class Messenger {
  // url(): the WebSocket's address, token included, asked at each attempt.
  // Handlers: onState(state), onReady(), onEvent(frame), onRefused(reason).
  // States: "connecting" (first attempt), "online", "reconnecting", "stopped".
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.state = "stopped";
    this.socket = null;
    this.waiting = new Map();
    this.lastRequestId = 0;
    this.failures = 0;
    this.timer = null;
    this.wake = () => this.reconnectNow();
    this.sleep = () => this.#lose("The network is gone.");
  }

  start() {
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.sleep);
    this.#setState("connecting");
    this.#open();
  }

  stop() {
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.sleep);
    clearTimeout(this.timer);
    this.#setState("stopped");
    this.#drop("The session has ended.");
  }

  reconnectNow() {
    if (this.state === "stopped" || this.socket) return;
    clearTimeout(this.timer);
    this.#open();
  }

  // Resolves with the whole answer frame; rejects with a RequestError.
  request(action, parameters = {}) {
    return new Promise((resolve, reject) => {
      if (this.state !== "online") {
        reject(new RequestError(0, "Not connected."));
        return;
      }
      const id = ++this.lastRequestId;
      const timer = setTimeout(
        () => this.#lose("The server does not answer."),
        ANSWER_TIMEOUT_MS,
      );
      this.waiting.set(id, { resolve, reject, timer });
      const frame = { action, request_id: id, ...parameters };
      this.socket.send(JSON.stringify(frame));
    });
  }

  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.handlers.onState(state);
  }

  #open() {
    const socket = new WebSocket(this.url());
    this.socket = socket;
    let opened = false;
    this.timer = setTimeout(() => this.#lose("No answer."), OPEN_TIMEOUT_MS);
    // A socket that was given up may still speak; nobody listens any more.
    const current = () => this.socket === socket;
    socket.addEventListener("open", () => {
      if (!current()) return;
      opened = true;
      clearTimeout(this.timer);
      this.#setState("online");
      this.handlers.onReady();
    });
    socket.addEventListener("message", (event) => {
      if (current()) this.#take(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (!current()) return;
      if (event.code === CLOSE_TOKEN) {
        this.handlers.onRefused(event.reason);
      } else if (event.code === CLOSE_RATE) {
        this.#lose("Too many requests.", PENALTY_MS);
      } else {
        this.#lose("The connection was closed.");
        if (!opened) this.handlers.onNotOpened();
      }
    });
  }

  #take(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (!frame || typeof frame !== "object") return;
    this.failures = 0;
    // First the event, then the answer: who waits for create_message finds
    // the message already in its room.
    if (["create", "update", "delete"].includes(frame.action) && frame.data) {
      this.handlers.onEvent(frame);
    }
    const waiter = this.waiting.get(frame.request_id);
    if (!waiter) return;
    this.waiting.delete(frame.request_id);
    clearTimeout(waiter.timer);
    const status = frame.response_status ?? 200;
    if (status >= 200 && status < 300) {
      waiter.resolve(frame);
    } else {
      waiter.reject(new RequestError(status, reasonOf(frame.errors)));
    }
  }

  // Gives the connection up and plans the next attempt.
  #lose(reason, delay_ms = 0) {
    if (this.state === "stopped") return;
    this.#setState("reconnecting");
    this.#drop(reason);
    const step_ms = BACKOFF_FIRST_MS * 2 ** Math.min(this.failures, 10);
    const backoff_ms = Math.min(step_ms, BACKOFF_MAX_MS);
    this.failures += 1;
    const jitter = 0.7 + 0.6 * Math.random();
    this.timer = setTimeout(
      () => this.#open(),
      Math.max(delay_ms, backoff_ms * jitter),
    );
  }

  #drop(reason) {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const waiter of waiting) {
      clearTimeout(waiter.timer);
      waiter.reject(new RequestError(0, reason));
    }
  }
}
