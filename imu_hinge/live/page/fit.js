// Words as large as their box allows: every way of breaking them into lines is tried, the largest wins.

const probe = document.createElement("canvas").getContext("2d");
const LINE = 1.04, MOST_WORDS = 8;
const SENSE = 0.85; // what it counts for when a line runs on past a comma
const CALM = 0.9; // and each line more
const boxes = new Map();
const watcher = new ResizeObserver((entries) => entries.forEach((entry) => lay(entry.target)));

/** Show text in an element, in lines as large as fit its width and its max-height, or its own height without one. */
export function fit(element, text) {
  if (boxes.get(element) === text) return;
  if (!boxes.has(element)) watcher.observe(element);
  boxes.set(element, text);
  lay(element);
}

function lay(element) {
  const words = (boxes.get(element) || "").split(" ").filter(Boolean);
  const style = getComputedStyle(element);
  const width = element.clientWidth, height = parseFloat(style.maxHeight) || element.clientHeight;
  if (!width || !height || !words.length) {
    element.replaceChildren();
    return;
  }
  probe.font = `${style.fontWeight} 100px ${style.fontFamily}`;
  const best = breakings(words).map((lines) => {
    const size = sizeOf(lines, width, height);
    return { lines, size, worth: size * SENSE ** lines.filter((line) => /,\s/.test(line)).length * CALM ** (lines.length - 1) };
  }).sort((a, b) => b.worth - a.worth)[0];
  const most = parseFloat(style.getPropertyValue("--fit-most")) || Infinity;
  element.style.fontSize = `${Math.min(most, best.size).toFixed(1)}px`;
  element.replaceChildren(...best.lines.map((line) => {
    const row = document.createElement("div");
    row.textContent = line;
    return row;
  }));
}

function sizeOf(lines, width, height) {
  const widest = Math.max(...lines.map((line) => probe.measureText(line).width));
  return Math.min((98 * width) / widest, height / (lines.length * LINE));
}

function breakings(words) {
  if (words.length > MOST_WORDS) {
    const half = Math.ceil(words.length / 2), third = Math.ceil(words.length / 3);
    const cut = (n) => words.reduce((rows, word, i) => ((i % n ? rows[rows.length - 1].push(word) : rows.push([word])), rows), []).map((row) => row.join(" "));
    return [[words.join(" ")], cut(half), cut(third), cut(4), cut(3)];
  }
  const ways = [];
  for (let bits = 0; bits < 1 << (words.length - 1); bits++) {
    ways.push(words.slice(1).reduce((lines, word, i) => {
      if (bits & (1 << i)) lines.push(word);
      else lines[lines.length - 1] += ` ${word}`;
      return lines;
    }, [words[0]]));
  }
  return ways;
}
