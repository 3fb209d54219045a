// Keeps the phone's screen on. Browsers grant it on secure pages only, and a page from the local network is none: there
// a playing video is the best one can do, and the page says that it may not be enough.

export class Awake {
  constructor(note) {
    this.note = note;
    this.lock = null;
    this.video = null;
    document.addEventListener("visibilitychange", () => this.hold());
    addEventListener("pointerdown", () => this.hold());
    this.hold();
  }

  async hold() {
    if (document.hidden || this.lock) return;
    if (!navigator.wakeLock) {
      this.play();
      this.tell("may");
      return;
    }
    try {
      this.lock = await navigator.wakeLock.request("screen");
      this.lock.addEventListener("release", () => { this.lock = null; });
      this.tell("on");
    } catch {
      this.tell("off"); // the system says no, such as with an empty battery
    }
  }

  tell(state) {
    this.note.dataset.state = state;
    this.note.textContent = {
      on: "",
      may: "This browser may let the screen sleep: set a long screen time-out.",
      off: "The phone does not let the page keep the screen on.",
    }[state];
  }

  play() {
    if (this.video || !navigator.userActivation?.hasBeenActive) return;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 16;
    const paint = canvas.getContext("2d");
    if (!canvas.captureStream) return;
    this.video = document.createElement("video");
    this.video.muted = this.video.playsInline = this.video.loop = true;
    this.video.className = "unseen";
    this.video.srcObject = canvas.captureStream(1);
    document.body.append(this.video);
    setInterval(() => { paint.fillStyle = `rgb(${Date.now() % 2},0,0)`; paint.fillRect(0, 0, 16, 16); }, 1000);
    this.video.play().catch(() => { this.video.remove(); this.video = null; });
  }
}
