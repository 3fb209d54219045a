// The parts of the page that are words: clips, notices, prompt, verdict, summary. Data becomes text, never markup.

import { fit } from "./fit.js";
import { setMark } from "./marks.js";

const byId = (id) => document.getElementById(id);
const EXERCISES = { rdl: "RDL", hinge: "Hip hinge", sit_to_stand: "Sit to stand", sprint_start: "Sprint start", pickup: "Pick-up" };
const DOT_WORDS = { good: "good", amber: "amber fault", red: "red fault", cannot_tell: "cannot tell" };
const MOST_NOTICES = 3;

/** An element with a class and text. */
function make(name, text = "", kind = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

/** Text into an element, which is hidden without any. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

/** Rebuild an element's children only when what they show is another. */
function rebuild(element, data, children) {
  const key = JSON.stringify(data);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...children());
  element.hidden = !element.children.length;
}

function marked(name, kind, text, advice = "") {
  const row = make(name, "", kind);
  const mark = make("span", "", "mark");
  setMark(mark, { ok: "good", info: "", warn: "amber", bad: "red" }[kind] ?? kind);
  const words = make("span", text);
  if (advice) words.append(" ", make("em", advice));
  row.append(mark, words);
  return row;
}

function dots(list, verdicts) {
  rebuild(list, verdicts, () => verdicts.map((verdict) => {
    const dot = make("li");
    dot.setAttribute("aria-label", DOT_WORDS[verdict] || verdict);
    dot.classList.add("mark");
    setMark(dot, verdict);
    return dot;
  }));
}

export function exerciseWords(name) {
  const words = name.replaceAll("_", " ");
  return EXERCISES[name] || words.charAt(0).toUpperCase() + words.slice(1) || "Set";
}

const load = (kg) => (kg === null ? "" : ` · ${Math.round(10 * kg) / 10} kg`);

export function showHeader(view) {
  say(byId("exercise"), exerciseWords(view.exercise) + load(view.load_kg));
  const old = view.calibration === "none" ? "not calibrated" : view.calibration === "full" ? "" : `${view.calibration} calibration`;
  say(byId("set-number"), [view.set_number ? `Set ${view.set_number}` : "", old].filter(Boolean).join(" · "));
  const shown = view.clips.map((c) => [c.clip, c.state, c.state === "ok" || c.advice ? "" : c.words, c.battery_percent]);
  rebuild(byId("clips"), shown, () => shown.map(([clip, state, words, battery]) => {
    const chip = marked("li", state, words ? `${clip}: ${words}` : clip);
    if (battery !== null) {
      const level = make("span", `${battery} %`, battery <= 15 ? "battery low" : "battery");
      level.style.setProperty("--level", `${battery}%`);
      chip.append(level);
    }
    return chip;
  }));
}

/** The session's notices, and the trouble of clips that no notice speaks of. */
export function showNotices(view) {
  const said = new Set(view.notices.map((n) => n.advice));
  const clips = view.clips.filter((c) => c.state !== "ok" && c.advice && !said.has(c.advice)).map((c) => ({ level: c.state, text: `${c.clip}: ${c.words}`, advice: c.advice }));
  const gravity = { bad: 0, warn: 1, info: 2 };
  const all = [...view.notices, ...clips].sort((a, b) => gravity[a.level] - gravity[b.level]);
  const more = all.length - MOST_NOTICES;
  rebuild(byId("notices"), all, () => [
    ...all.slice(0, MOST_NOTICES).map((n) => marked("li", n.level, n.text, n.advice)),
    ...(more > 0 ? [make("li", `and ${more} more on the computer`, "info")] : []),
  ]);
}

export function showPrompt(view) {
  const p = view.prompt || { title: "", text: "", step: 0, steps: 0, progress: 0, got: "", problem: "", keys: [] };
  const ended = view.phase === "ended";
  say(byId("prompt-step"), p.steps ? `Step ${p.step} of ${p.steps}` : "");
  fit(byId("prompt-title"), p.title || (ended ? "Session saved" : exerciseWords(view.phase)));
  say(byId("prompt-text"), p.text || (ended && view.report ? `The report: ${view.report}` : ""));
  rebuild(byId("reminders"), [view.phase, view.reminders], () => (view.phase === "reminder" ? view.reminders : []).map((one) => make("li", one)));
  const bar = byId("prompt-progress");
  const percent = Math.round(100 * Math.min(1, Math.max(0, p.progress)));
  bar.hidden = !p.steps;
  bar.setAttribute("aria-valuenow", String(percent));
  bar.firstElementChild.style.width = `${percent}%`;
  for (const [id, text, kind] of [["prompt-problem", p.problem, "amber"], ["prompt-got", p.got, "good"]]) {
    const row = byId(id);
    setMark(row.firstElementChild, kind);
    row.hidden = !text;
    say(row.lastElementChild, text);
  }
  const there = [...p.keys, view.sound && `sound ${view.sound}`].filter(Boolean);
  say(byId("keys"), there.length ? `On the computer: ${there.join(" · ")}` : "");
}

/** Verdict of the last rep; gives what is new to be said aloud. */
export function showRep(view) {
  say(byId("reps"), String(view.reps));
  say(byId("count-words"), view.reps ? `${view.good} good` : "reps");
  dots(byId("dots"), view.verdicts);
  const rep = view.reps ? view.last_rep : null, box = byId("verdict");
  const kind = rep ? rep.severity || rep.verdict : "";
  setMark(box.firstElementChild, kind);
  box.dataset.kind = kind;
  fit(box.lastElementChild, rep ? rep.words : view.phase === "set" ? "Begin when ready" : "");
  say(byId("rep-advice"), rep ? rep.advice : "");
  return rep ? `Rep ${rep.number}: ${rep.words}. ${rep.advice}` : "";
}

export function showRest(view) {
  const last = view.last_set;
  if (!last) return "";
  const what = [view.prompt?.title, view.set_number && `Set ${view.set_number}`, exerciseWords(last.exercise) + load(last.load_kg)];
  say(byId("rest-what"), what.filter(Boolean).join(" · "));
  fit(byId("rest-headline"), last.headline);
  dots(byId("rest-dots"), last.verdicts);
  rebuild(byId("rest-lines"), last.lines, () => last.lines.map((line) => make("li", line)));
  say(byId("rest-advice"), last.advice);
  return `${last.headline}. ${last.advice}`;
}
