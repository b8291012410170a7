// One WebSocket that comes back by itself and shows every frame that passes.
// It knows no dialect.  No DOM in here.

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 10000;
const CLOSE_TOKEN = 4401;

export class Line {
  // Handlers: onOpen(), onFrame(object), onShow(text, sent), onState(state).
  // States: "connecting", "online", "refused" (the token is no good any more),
  // "stopped".
  constructor(path, token, handlers) {
    this.path = path;
    this.token = token;
    this.handlers = handlers;
    this.failures = 0;
    this.socket = null;
    this.stopped = false;
    this.#open();
  }

  // False: nobody is there to hear it.
  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    const text = JSON.stringify(frame);
    this.handlers.onShow(text, true);
    this.socket.send(text);
    return true;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.handlers.onState("stopped");
  }

  #open() {
    const url = new URL(this.path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("token", this.token);
    this.handlers.onState("connecting");
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (this.stopped) return;
      this.failures = 0;
      this.handlers.onState("online");
      this.handlers.onOpen();
    });
    socket.addEventListener("message", (event) => {
      if (this.stopped) return;
      this.handlers.onShow(event.data, false);
      this.handlers.onFrame(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (this.stopped) return;
      if (event.code === CLOSE_TOKEN) this.handlers.onState("refused");
      else this.#again();
    });
  }

  #again() {
    const wait_ms = BACKOFF_FIRST_MS * 2 ** Math.min(this.failures, 10);
    this.failures += 1;
    this.handlers.onState("connecting");
    this.timer = setTimeout(
      () => this.#open(),
      Math.min(wait_ms, BACKOFF_MAX_MS),
    );
  }
}
