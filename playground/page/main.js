// The page: a recording, a question, an answer.

import { AnswerView } from "./answer.js";
import * as api from "./api.js";
import { build, chosen, element } from "./form.js";
import { Player } from "./player.js";
import { sources } from "./source.js";
import { found } from "./spans.js";
import { Ways } from "./ways.js";
import { clock, length, sentence, size } from "./words.js";

/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);
const say = (/** @type {string} */ words) => { by("status").textContent = words; };

/** @type {import("./api.js").Task[]} */ let tasks = [];
/** @type {import("./api.js").Task} */ let task;
/** @type {import("./api.js").Recording | null} */ let recording = null;
/** @type {import("./spans.js").Span[]} */ let spans = [];
/** @type {AbortController | null} */ let running = null;
/** @type {() => void} */ let again = () => {};
/** @type {Record<string, Record<string, unknown>>} What was chosen for each task. */ const options = {};

const player = new Player(
  { stage: by("stage"), wave: by("wave"), lanes: by("lanes"), audio: by("audio") },
  { time: moved, taken: (place) => play(place), playing: (is) => {
    document.body.classList.toggle("playing", is);
    by("play").setAttribute("aria-label", is ? "Pause" : "Play");
  } },
);
const answer = new AnswerView(
  { headline: by("headline"), numbers: by("numbers"), model: by("model"), legend: by("legend"), list: by("list"), files: by("files"), copyText: by("copy-text") }, play,
);
const ways = new Ways({ ways: by("ways"), call: by("call"), copy: by("copy-call"), said: say });

/** @param {"empty" | "ready" | "busy" | "result" | "error"} state */
function become(state) {
  document.body.dataset.state = state;
  for (const name of ["busy", "result", "error"]) by(name).hidden = name !== state;
  by("drop").hidden = recording !== null;
  by("player").hidden = by("same").hidden = recording === null;
  const busy = state === "busy";
  [by("run").hidden, by("cancel").hidden] = [busy, !busy];
  by("run").disabled = recording === null;
  by("run-why").hidden = recording !== null;
}

/** @param {string} words @param {string} [more] */
function busy(words, more = "") {
  if (by("busy-words").textContent !== words || by("busy").hidden) say(words);
  [by("busy-words").textContent, by("busy-more").textContent] = [words, more];
  become("busy");
}

/** @param {any} error @param {() => void} repeat */
function fail(error, repeat) {
  by("error-words").textContent = "That did not work";
  by("error-more").textContent = sentence(error.message);
  by("error-code").textContent = error.code ?? "";
  by("error-hint").textContent = error.code ? (error.retryable ? "Sending it again may help." : "What it means is in docs/1-request.md and docs/6-calling.md.") : "";
  by("again").hidden = !error.retryable;
  again = repeat;
  become("error");
}

/** Work that can be cancelled, and takes a while. @param {(signal: AbortSignal) => Promise<void>} work */
async function during(work) {
  running?.abort();
  const mine = running = new AbortController(), began = performance.now();
  const tick = setInterval(() => { by("elapsed").textContent = length((performance.now() - began) / 1000); }, 100);
  try {
    await work(mine.signal);
  } catch (error) {
    if (running !== mine) return;
    if (mine.signal.aborted) {
      say("Cancelled.");
      become(recording ? "ready" : "empty");
    } else fail(error, () => during(work));
  } finally {
    clearInterval(tick);
    if (running === mine) running = null;
  }
}

/** @param {Blob} blob @param {string} name */
const take = (blob, name) => during(async (signal) => {
  busy("Reading the recording", name);
  const given = await api.handOver(blob, name), columns = await api.peaks(given.id);
  if (signal.aborted) throw signal.reason;
  recording = given;
  become("ready");
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

const run = () => during(async (signal) => {
  if (!recording) return;
  busy("Sending the recording", task.question);
  const told = (/** @type {import("./api.js").Progress} */ { state, over }) => busy(
    { reading: "Sending the recording", waiting: "Waiting for a worker", working: "Working" }[state],
    over ? `${over} of its parts done` : task.question,
  );
  const given = await api.job({ task: task.name, recording: recording.id, options: chosen(by("options")) }, signal, told);
  const what = found(given.result);
  spans = what.spans;
  become("result");
  answer.show(given, what);
  player.show(what);
  say(`Done. ${by("headline").textContent}`);
  if (by("outcome").getBoundingClientRect().top > window.innerHeight / 2) by("outcome").scrollIntoView();
  look();
});

/** @param {number} place @param {number} [from] */
function play(place, from) {
  const { start, end } = spans[place];
  answer.list.choose(place);
  player.mark(place, spans[place]);
  player.play(from ?? start, end);
}

/** @param {number} s */
function moved(s) {
  by("now").textContent = clock(s);
  if (!spans.length) return;
  const place = answer.follow(s);
  if (place >= 0 && place !== player.lanes.marked) player.mark(place, spans[place]);
}

/** @param {import("./api.js").Task} chosenTask */
function ask(chosenTask) {
  task = chosenTask;
  build(by("options"), task.schema.properties, options[task.name] ?? {});
  retell();
  look();
}

/** How many options were chosen, and the same call from elsewhere. */
async function retell() {
  const given = options[task.name] = chosen(by("options")), count = Object.keys(given).length;
  by("options-count").textContent = count ? `${count} changed` : "";
  if (!recording) return;
  await api.calls(task.name, given, recording.name).then((calls) => ways.show(calls), () => {});  // Run says what is wrong
}

/** Look how the endpoint is. */
async function look() {
  const place = by("endpoint"), of = task;
  const [is, words] = await api.health(of.name).then(({ workers }) => {
    const ready = (workers.idle ?? 0) + (workers.ready ?? 0) + (workers.running ?? 0);
    if (ready) return ["ready", `${of.service}: a worker is ready`];
    return ["cold", workers.initializing ? `${of.service}: a worker is starting` : `${of.service}: asleep, the next job starts a worker`];
  }, (error) => ["gone", `${of.service}: ${error.code === "page_alone" ? "this page’s program has ended" : error.message}`]);
  if (of !== task) return;
  place.dataset.is = is;
  by("endpoint-words").textContent = words;
}

async function start() {
  tasks = await api.tasks();
  by("tasks").replaceChildren(...tasks.map((one, number) => {
    const label = element("label", "task"), radio = Object.assign(element("input"), { type: "radio", name: "task", value: one.name, checked: number === 0 });
    label.append(radio, Object.assign(element("b"), { textContent: one.title }), Object.assign(element("span", "hint"), { textContent: one.question }));
    radio.addEventListener("change", () => ask(one));
    return label;
  }));
  ask(tasks[0]);
  become("empty");
  setInterval(() => document.hidden || look(), 5000);
}

sources({ drop: by("drop"), file: by("file"), choose: by("choose"), another: by("another"), record: by("record"), recordWords: by("record-words") }, take, (error) => fail(error, () => become("empty")));
by("ask").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); run(); });
// A field that cannot be seen cannot say what is wrong with it.
by("ask").addEventListener("invalid", () => { by("options").parentElement.open = true; }, true);
by("options").addEventListener("change", retell);
by("cancel").addEventListener("click", () => running?.abort());
by("again").addEventListener("click", () => again());
by("play").addEventListener("click", () => player.toggle());
by("zoom").addEventListener("input", () => player.zoom(by("zoom").value / 100));
by("audio").addEventListener("error", () => { by("unplayable").hidden = false; });
document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key !== " " || target.closest("button, input, select, summary, a, [role=listbox], pre") || !recording) return;
  event.preventDefault();
  player.toggle();
});
start().catch((error) => fail(error, () => location.reload()));
