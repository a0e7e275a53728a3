// The page: a recording, a question, an answer.

import { AnswerView } from "./answer.js";
import * as api from "./api.js";
import { Asking } from "./asking.js";
import { Heard } from "./heard.js";
import { Player } from "./player.js";
import { by, say, Screen } from "./screen.js";
import { sources } from "./source.js";
import { found } from "./spans.js";
import { Voices } from "./voices.js";
import { Ways } from "./ways.js";
import { clock, length, size } from "./words.js";

const LONGEST_VOICE_S = 60; // as the program has it; the beginning of a longer turn will do

/** @type {Asking} */ let asking;
/** @type {import("./api.js").Recording | null} */ let recording = null;
/** @type {import("./spans.js").Span[]} */ let spans = [];

const screen = new Screen();
const [audio, lanes, stage, wave] = ["audio", "lanes", "stage", "wave"].map(by);
const player = new Player({ audio, lanes, stage, wave }, { time: moved, taken: play, playing });
const heard = new Heard(by("heard"));
const answer = new AnswerView(play);
const voices = new Voices(chosen, () => retell());
const ways = new Ways({ ways: by("ways"), call: by("call"), copy: by("copy-call"), said: say });

/** @param {Blob} blob @param {string} name */
const take = (blob, name) =>
  screen.during(async (signal) => {
    heard.clear();
    screen.busy("Reading the recording", name);
    const given = await api.handOver(blob, name),
      columns = await api.peaks(given.id);
    if (signal.aborted) throw signal.reason;
    recording = given;
    screen.recording = true;
    screen.become("ready");
    by("name").textContent = given.name;
    by("about").textContent = `${length(given.duration_s)}, ${size(given.size)}`;
    by("total").textContent = clock(given.duration_s);
    by("zoom").value = "0";
    by("unplayable").hidden = true;
    spans = [];
    player.load(blob, columns, given.duration_s);
    say(`${given.name}, ${length(given.duration_s)}, is ready.`);
    retell();
  });

const run = () =>
  screen.during(async (signal) => {
    if (!recording) return;
    heard.clear();
    screen.busy("Sending the recording", asking.task.question);
    const given = await api.job(question(recording), signal, told);
    const what = found(given.result);
    spans = what.spans;
    screen.become("result");
    answer.show(given, what);
    player.show(what);
    say(`Done. ${by("headline").textContent}`);
    const below = by("outcome").getBoundingClientRect().top > window.innerHeight / 2;
    if (below) by("outcome").scrollIntoView();
    asking.look();
  });

/** @param {import("./api.js").Progress | import("./api.js").Segment} event */
function told(event) {
  if (event.event === "segment") return heard.add(event.segment);
  const { state, over } = event;
  const words = {
    reading: "Sending the recording",
    waiting: "Waiting for a worker",
    working: "Working",
  };
  screen.busy(words[state], over ? `${over} of its parts done` : asking.task.question);
}

/** @param {number} place @param {number} [from] */
function play(place, from) {
  const { start, end } = spans[place];
  answer.list.choose(place);
  player.mark(place, spans[place]);
  player.play(from ?? start, end);
}

/** @param {boolean} is */
function playing(is) {
  document.body.classList.toggle("playing", is);
  by("play").setAttribute("aria-label", is ? "Pause" : "Play");
}

/** @param {number} s */
function moved(s) {
  by("now").textContent = clock(s);
  if (!spans.length) return;
  const place = answer.follow(s);
  if (place >= 0 && place !== player.lanes.marked) player.mark(place, spans[place]);
}

/** @param {import("./api.js").Recording} about */
function question({ id }) {
  const { task, options } = asking;
  return { task: task.name, recording: id, options, voices: voices.of(task) };
}

/** The stretch that is chosen in the answer. */
function chosen() {
  const span = spans[answer.list.chosen];
  return recording && span
    ? { of: recording, start: span.start, end: Math.min(span.end, span.start + LONGEST_VOICE_S) }
    : null;
}

/** The same call from elsewhere. */
function retell() {
  if (!recording) return;
  // What is wrong with the options, Run says.
  api.calls(question(recording)).then(
    (calls) => ways.show(calls),
    () => {},
  );
}

sources(take, (error) => screen.fail(error));
by("ask").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  run();
});
by("play").addEventListener("click", () => player.toggle());
by("zoom").addEventListener("input", () => player.zoom(by("zoom").value / 100));
audio.addEventListener("error", () => (by("unplayable").hidden = false));
document.addEventListener("keydown", (event) => {
  const elsewhere = "button, input, select, summary, a, [role=listbox], pre";
  if (event.key !== " " || !recording || /** @type {Element} */ (event.target).closest(elsewhere))
    return;
  event.preventDefault();
  player.toggle();
});
screen.become("empty");
by("late").remove(); // everything is here
api.tasks().then(
  (tasks) => (asking = new Asking(tasks, () => asking && retell())),
  (error) => screen.fail(error, () => location.reload()),
);
