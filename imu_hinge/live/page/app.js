// The page: takes views from the link and puts each where it belongs. It shows, and never answers.

import { Awake } from "./awake.js";
import { Figure } from "./figure.js";
import { fit } from "./fit.js";
import { Gauge } from "./gauges.js";
import { Link } from "./link.js";
import { markOfState, setMark } from "./marks.js";
import { say, showHeader, showNotices, showPrompt, showRep, showRest } from "./panels.js";
import { Sound } from "./sound.js";

const CUE_MS = 2000, FRESH_S = 2;
const STALE_S = 2.5;
const MOVING = ["set", "calibrating", "rest", "where", "reminder"];

const byId = (id) => document.getElementById(id);
const body = document.body;
const figure = new Figure(byId("figure"));
const hip = new Gauge(byId("hip"), -20, 120, false);
const lumbar = new Gauge(byId("lumbar"), -40, 50, true);
const sound = new Sound(byId("sound"));
new Awake(byId("awake"));

let view = null, cueSerial = null, cueTimer = 0, repKey = "", setKey = null;

function modeOf(v) {
  if (v.phase === "set") return "set";
  if ((v.phase === "rest" || v.phase === "paused") && v.last_set) return "rest";
  return "prompt";
}

function take(message) {
  if (message.view) show(message.view);
  else stale(message.age_s);
}

function stale(ageS) {
  const old = view && ageS > STALE_S && MOVING.includes(view.phase);
  body.classList.toggle("stale", Boolean(old));
  if (body.dataset.link === "live") banner(old ? "No new values" : "", old ? `for ${Math.round(ageS)} s: the session on the computer is held up` : "");
}

function show(v) {
  const first = view === null;
  view = v;
  stale(0);
  body.dataset.mode = modeOf(v);
  body.dataset.phase = v.phase;
  showHeader(v);
  showNotices(v);
  showPrompt(v);
  const said = showRep(v), summed = showRest(v);
  figure.show(v.body, v.exercise);
  const state = v.body.lumbar_state;
  byId("state").dataset.state = state;
  setMark(byId("state").firstElementChild, markOfState(state));
  say(byId("state-word"), state);
  hip.show(v.body.hip_deg, { target: v.body.target_hip_deg });
  lumbar.show(v.body.lumbar_deg, { limits: v.body.limits, state });
  news(v, first, said, summed);
}

// What happened since the last view: told once, by the eye, the ear and the screen reader.
function news(v, first, said, summed) {
  if (v.cue && v.cue.serial !== cueSerial) {
    if (!first || v.time_s - v.cue.time_s < FRESH_S) flash(v.cue);
    cueSerial = v.cue.serial;
  }
  const rep = `${v.set_number}/${v.reps}/${said}`;
  if (rep !== repKey && !first) say(byId("say"), said);
  repKey = rep;
  const set = v.last_set && `${v.last_set.ended_s}`;
  if (set !== setKey && !first && v.last_set) {
    say(byId("say"), summed);
    sound.speak(v.last_set);
  }
  setKey = set;
}

function flash(cue) {
  const band = byId("cue");
  band.dataset.severity = cue.severity;
  band.hidden = false;
  setMark(band.querySelector(".mark"), cue.severity);
  say(byId("cue-detail"), cue.detail);
  fit(byId("cue-words"), cue.words);
  say(byId("say-now"), cue.words);
  for (const one of band.getAnimations()) one.currentTime = 0;
  clearTimeout(cueTimer);
  cueTimer = setTimeout(() => { band.hidden = true; say(byId("say-now"), ""); }, CUE_MS);
  sound.cue(cue);
}

function banner(bold, text) {
  const box = byId("link-banner");
  box.hidden = !bold;
  say(box.firstElementChild, bold);
  say(box.lastElementChild, text);
}

function tell(state, words) {
  body.dataset.link = state;
  if (state === "live") stale(0);
  if (state === "connecting") banner("Connecting", "to the computer …");
  if (state === "full") banner("Too many screens", `${words}; trying again …`);
  if (state === "lost" && view?.phase === "ended") banner("The session is over", "");
  else if (state === "lost") banner("Connection lost", "reconnecting … these values are old");
  if (state !== "live") { clearTimeout(cueTimer); byId("cue").hidden = true; }
}

// The token is in the cookie by now: it need not stand in the address bar, nor in a picture of it.
if (location.search) history.replaceState(null, "", location.pathname);

new Link(take, tell);
