// The moving figure: drawn from pitches, gliding from each view to the next so that 25 views a second look like motion.

import { pitches, pose } from "./posture.js";
import { svg } from "./marks.js";

const WIDTHS = { foot: 34, shank: 46, thigh: 62, pelvis: 74, lumbar: 70, trunk: 84, neck: 30 };
const HEAD_R = 56;
const MARK = 38;
const LEAST_MS = 20, MOST_MS = 120;

const xy = ([x, y]) => `${(1000 * x).toFixed(1)} ${(-1000 * y).toFixed(1)}`;
const line = (points) => `M${points.map(xy).join(" L")}`;
const mix = (a, b, share) => (a === null || b === null ? b : a + (b - a) * share);

export class Figure {
  constructor(root) {
    this.parts = {};
    root.append(svg("path", { id: "ground", d: "M-525 8 H635" }));
    for (const [name, width] of Object.entries(WIDTHS)) {
      this.parts[name] = svg("path", { id: `figure-${name}`, class: "part", "stroke-width": width });
    }
    this.head = svg("circle", { id: "figure-head", class: "part", r: HEAD_R });
    this.joints = ["knee", "hip", "sacrum", "t12"].map((name) => svg("circle", { id: `joint-${name}`, class: "joint", r: 13 }));
    this.mark = svg("path", { id: "figure-mark" });
    root.append(...["foot", "shank", "thigh", "neck", "trunk", "pelvis", "lumbar"].map((name) => this.parts[name]), this.head, ...this.joints, this.mark);
    this.shown = this.start = this.goal = { shank: null, thigh: 0, pelvis: 0, trunk: 0 };
    this.state = "unknown";
    this.exercise = "";
    this.arrived = 0;
    this.glide = 40;
    this.frame = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.draw(this.goal);
  }

  /** Show a BodyView from now on. */
  show(body, exercise) {
    const now = performance.now();
    this.glide = Math.min(MOST_MS, Math.max(LEAST_MS, now - this.arrived));
    this.arrived = now;
    this.start = this.shown;
    this.goal = pitches(body);
    this.state = body.lumbar_state;
    this.exercise = exercise;
    if (this.still.matches || document.hidden) {
      this.draw(this.goal);
    } else if (!this.frame) {
      this.frame = requestAnimationFrame((at) => this.step(at));
    }
  }

  step(at) {
    const share = Math.min(1, Math.max(0, (at - this.arrived) / this.glide));
    const between = {};
    for (const part of Object.keys(this.goal)) between[part] = mix(this.start[part], this.goal[part], share);
    this.draw(between);
    this.frame = share < 1 ? requestAnimationFrame((next) => this.step(next)) : 0;
  }

  draw(angles) {
    this.shown = angles;
    const p = pose(angles, this.exercise), t12 = p.lumbar[p.lumbar.length - 1];
    const neck = [p.shoulder, p.head];
    const d = { foot: [[-0.045, 0.012], [0.115, 0.012]], shank: [p.ankle, p.knee], thigh: [p.knee, p.hip], pelvis: [p.hip, p.sacrum], lumbar: p.lumbar, trunk: [t12, p.shoulder], neck };
    for (const [name, points] of Object.entries(d)) this.parts[name].setAttribute("d", line(points));
    const told = { foot: true, shank: p.knows.shank, thigh: p.knows.thigh, pelvis: p.knows.pelvis, trunk: p.knows.trunk, neck: p.knows.trunk };
    for (const [name, sure] of Object.entries(told)) this.parts[name].classList.toggle("guess", !sure);
    this.head.classList.toggle("guess", !p.knows.trunk);
    this.head.setAttribute("cx", (1000 * p.head[0]).toFixed(1));
    this.head.setAttribute("cy", (-1000 * p.head[1]).toFixed(1));
    [p.knee, p.hip, p.sacrum, t12].forEach((joint, i) => {
      this.joints[i].setAttribute("cx", (1000 * joint[0]).toFixed(1));
      this.joints[i].setAttribute("cy", (-1000 * joint[1]).toFixed(1));
    });
    this.parts.lumbar.dataset.state = this.mark.dataset.state = this.state;
    this.mark.setAttribute("d", this.arrow(p));
  }

  // An arrow head beside the lumbar curve, to where the back bends out: backwards when rounding, forwards when arching.
  arrow(p) {
    const way = this.state.startsWith("round") ? -1 : this.state.startsWith("arch") ? 1 : 0;
    if (!way) return "";
    const [x, y] = p.lumbar[(p.lumbar.length - 1) / 2].map((value) => 1000 * value);
    const along = [Math.sin(p.middle), Math.cos(p.middle)], out = [way * Math.cos(p.middle), -way * Math.sin(p.middle)];
    const at = (o, a) => `${(x + o * out[0] + a * along[0]).toFixed(1)} ${(-(y + o * out[1] + a * along[1])).toFixed(1)}`;
    const base = WIDTHS.lumbar / 2 + 40;
    return `M${at(base, -MARK)} L${at(base + 1.5 * MARK, 0)} L${at(base, MARK)} Z`;
  }
}
