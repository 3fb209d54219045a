// Shapes that say good, amber, red and cannot tell without colour: disc with a tick, hollow triangle, filled triangle,
// dashed ring with a question mark.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes. */
export function svg(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const SHAPES = {
  good: () => [svg("circle", { class: "fill", cx: 12, cy: 12, r: 10.5 }), svg("path", { class: "cut", d: "M7 12.5 L10.7 16 L17 8.5" })],
  amber: () => [svg("path", { class: "line", d: "M12 3 L21.8 20.5 H2.2 Z" }), svg("path", { class: "line", d: "M12 10 V14" }), svg("circle", { class: "fill", cx: 12, cy: 17.3, r: 1.2 })],
  red: () => [svg("path", { class: "fill line", d: "M12 3 L21.8 20.5 H2.2 Z" }), svg("path", { class: "cut", d: "M12 9.5 V14" }), svg("circle", { class: "hole", cx: 12, cy: 17.3, r: 1.3 })],
  cannot_tell: () => [svg("circle", { class: "line dashed", cx: 12, cy: 12, r: 9.8 }), svg("path", { class: "line thin", d: "M9.2 9.8 a2.9 2.9 0 1 1 4.2 2.6 c-1 .5 -1.4 1 -1.4 2" }), svg("circle", { class: "fill", cx: 12, cy: 17.2, r: 1.2 })],
};

/** Show a mark of a kind in an element, which then has the kind's colour as its class; an empty kind takes it away. */
export function setMark(element, kind) {
  if (element.dataset.mark === kind) return;
  element.dataset.mark = kind;
  element.replaceChildren();
  if (!SHAPES[kind]) return;
  const drawing = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  drawing.append(...SHAPES[kind]());
  element.append(drawing);
}

/** The mark of a state of the lower back. */
export function markOfState(state) {
  return { neutral: "good", rounding: "amber", arching: "amber", rounded: "red", arched: "red" }[state] || "cannot_tell";
}
