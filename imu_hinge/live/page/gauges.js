// An angle as a bar from zero, with the band in which it lies nine times out of ten, and what is to be reached or kept.

const WIDE = 1.645; // standard deviations of that band

const div = (name) => {
  const element = document.createElement("div");
  element.className = name;
  return element;
};

/** "62° ± 4°" of a Measured; "cannot tell" without a value. */
export function degrees(measured, signed) {
  if (measured.value === null) return "cannot tell";
  const value = Math.round(measured.value) || 0;
  const text = `${signed && value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value)}°`;
  return measured.sd === null ? text : `${text} ± ${Math.round(WIDE * measured.sd)}°`;
}

export class Gauge {
  /** A gauge in an element, from least to most degrees. */
  constructor(root, least, most, signed) {
    [this.root, this.least, this.most, this.signed] = [root, least, most, signed];
    this.track = root.querySelector(".track");
    this.output = root.querySelector("output");
    this.parts = {};
    for (const name of ["zone arch-red", "zone arch-amber", "zone round-amber", "zone round-red", "bar", "band", "zero", "target", "needle"]) {
      this.parts[name] = div(name);
      this.track.append(this.parts[name]);
    }
    this.place("zero", 0, 0);
  }

  share(deg) {
    return Math.min(1, Math.max(0, (deg - this.least) / (this.most - this.least)));
  }

  place(name, from, to) {
    const part = this.parts[name], there = from !== null && to !== null;
    part.hidden = !there;
    if (!there) return;
    const [a, b] = [this.share(Math.min(from, to)), this.share(Math.max(from, to))];
    part.style.left = `${(100 * a).toFixed(2)}%`;
    part.style.width = `${(100 * (b - a)).toFixed(2)}%`;
  }

  /** Show a Measured, with a target to reach or with Limits to keep. */
  show(measured, { target = null, limits = null, state = "" } = {}) {
    const { value, sd } = measured;
    this.output.textContent = degrees(measured, this.signed);
    this.root.dataset.state = state;
    this.root.classList.toggle("unknown", value === null);
    this.place("bar", value === null ? null : 0, value);
    this.place("needle", value, value);
    const half = sd === null ? 0 : WIDE * sd;
    this.place("band", value === null ? null : value - half, value === null ? null : value + half);
    this.place("target", target, target);
    this.root.classList.toggle("reached", target !== null && value !== null && value >= target);
    const l = limits || {};
    const or = (limit, other) => (limit === null || limit === undefined ? null : other);
    this.place("zone arch-red", or(l.arch_red, this.least), l.arch_red ?? null);
    this.place("zone arch-amber", or(l.arch_amber, l.arch_red ?? this.least), l.arch_amber ?? null);
    this.place("zone round-amber", l.round_amber ?? null, or(l.round_amber, l.round_red ?? this.most));
    this.place("zone round-red", l.round_red ?? null, or(l.round_red, this.most));
  }
}
