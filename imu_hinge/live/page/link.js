// The way to the computer: one WebSocket that is opened again whenever it is gone, and a doubt about silence.

const SILENT_MS = 3000; // the computer says something every second
const WAITS_MS = [300, 600, 1200, 2500, 5000];
const FULL = 1013, FULL_WAIT_MS = 10000;

export class Link {
  /** take(message) gets what arrives; tell(state, words) the state: connecting, live, lost or full. */
  constructor(take, tell) {
    [this.take, this.tell] = [take, tell];
    this.tries = 0;
    this.timer = this.watch = 0;
    this.socket = null;
    const again = () => { if (!document.hidden && this.state !== "live") this.open(); };
    document.addEventListener("visibilitychange", again);
    addEventListener("online", again);
    this.open();
  }

  say(state, words = "") {
    this.state = state;
    this.tell(state, words);
  }

  open() {
    clearTimeout(this.timer);
    this.drop();
    if (!this.state) this.say("connecting");
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/views`);
    this.socket = socket;
    this.listen();
    socket.onmessage = (event) => {
      this.tries = 0;
      this.listen();
      if (this.state !== "live") this.say("live");
      this.take(JSON.parse(event.data));
    };
    socket.onclose = (event) => this.lost(event.code, event.reason);
  }

  listen() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.lost(0, ""), SILENT_MS);
  }

  lost(code, reason) {
    this.drop();
    clearTimeout(this.watch);
    const wait = code === FULL ? FULL_WAIT_MS : WAITS_MS[Math.min(this.tries, WAITS_MS.length - 1)] * (0.8 + 0.4 * Math.random());
    this.tries += 1;
    this.say(code === FULL ? "full" : "lost", reason);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait);
  }

  drop() {
    const socket = this.socket;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.socket = null;
  }
}
