// The phone's own voice, once it was asked for with a tap: the computer's earcons made again from the same numbers
// (imu_hinge/live/earcons.py), a buzz for each, and the set's summary spoken.

const ROUNDING = [[0, 0.07, 1400], [0.1, 0.2, 880]], ARCHING = [[0, 0.2, 1000], [0.25, 0.07, 1680]], FAULT = [[0, 0.06, 660], [0.16, 0.06, 660]];
const twice = (notes, step) => [...notes, ...notes.map(([start, length, pitch]) => [start + step, length, pitch])];
const EARCONS = {
  "rounding-amber": { notes: ROUNDING, peak: 0.36, wave: "triangle" },
  "rounding-red": { notes: twice(ROUNDING, 0.39), peak: 0.9, wave: "square" },
  "arching-amber": { notes: ARCHING, peak: 0.36, wave: "triangle" },
  "arching-red": { notes: twice(ARCHING, 0.41), peak: 0.9, wave: "square" },
  "fault-amber": { notes: FAULT, peak: 0.36, wave: "triangle" },
  "fault-red": { notes: twice(FAULT, 0.31), peak: 0.9, wave: "square" },
  good: { notes: [[0, 0.4, 2100]], peak: 0.4, wave: "sine", rings: true },
  depth: { notes: [[0, 0.045, 1700]], peak: 0.2, wave: "sine", rings: true },
};
const BUZZ = { red: [140, 70, 140], amber: [90], good: [25] };

/** The earcon of a cue. */
export function earconOf(cue) {
  if (cue.name === "target_depth") return "depth";
  if (cue.severity === "good") return "good";
  const figure = { rounded_back: "rounding", arched_back: "arching" }[cue.name] || "fault";
  return `${figure}-${cue.severity === "red" ? "red" : "amber"}`;
}

export class Sound {
  constructor(button) {
    this.button = button;
    this.audio = null;
    this.on = false;
    button.addEventListener("click", () => this.toggle());
    this.label();
  }

  async toggle() {
    this.on = !this.on;
    if (this.on) {
      this.audio ||= new AudioContext();
      await this.audio.resume();
      this.play("depth");
    } else if ("speechSynthesis" in window) {
      speechSynthesis.cancel();
    }
    this.label();
  }

  label() {
    this.button.textContent = this.on ? "Sound is on" : "Tap for sound";
    this.button.setAttribute("aria-pressed", String(this.on));
  }

  /** Sound and buzz for a cue. */
  cue(cue) {
    if (!this.on) return;
    this.play(earconOf(cue));
    navigator.vibrate?.(BUZZ[cue.severity] || BUZZ.amber);
  }

  play(key) {
    const { notes, peak, wave, rings } = EARCONS[key], now = this.audio.currentTime + 0.005;
    for (const [start, length, pitch] of notes) {
      const tone = this.audio.createOscillator(), gain = this.audio.createGain();
      tone.type = wave;
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0, now + start);
      gain.gain.linearRampToValueAtTime(wave === "square" ? peak / 3 : peak, now + start + 0.003);
      if (rings) gain.gain.exponentialRampToValueAtTime(0.001, now + start + length);
      else gain.gain.setValueAtTime(wave === "square" ? peak / 3 : peak, now + start + length - 0.015);
      gain.gain.linearRampToValueAtTime(0, now + start + length + 0.005);
      tone.connect(gain).connect(this.audio.destination);
      tone.start(now + start);
      tone.stop(now + start + length + 0.02);
    }
  }

  /** Say the summary of a set. */
  speak(summary) {
    if (!this.on || !("speechSynthesis" in window)) return;
    const words = [`${summary.headline}.`, ...summary.lines.slice(0, 1).map((one) => `${one}.`), summary.advice];
    const said = new SpeechSynthesisUtterance(words.join(" "));
    said.lang = "en";
    speechSynthesis.speak(said);
  }
}
