// Shows an answer: what was found, in numbers, as a list, as files.

import { element } from "./form.js";
import { LongList } from "./list.js";
import { at, lastBefore } from "./spans.js";
import { clock, length, many, money } from "./words.js";

/** @typedef {import("./api.js").Answer} Answer @typedef {import("./spans.js").Found} Found @typedef {import("./spans.js").Span} Span */

export class AnswerView {
  /** @type {Found} */ #found = { spans: [], speakers: [], spoken: false };
  /** @type {HTMLElement | null} */ #word = null;

  /**
   * @param {Record<"headline" | "numbers" | "model" | "legend" | "list" | "files" | "copyText", HTMLElement>} parts
   * @param {(place: number, from?: number) => void} play Someone chose a stretch, or a word of it.
   */
  constructor(parts, play) {
    this.parts = parts;
    this.list = new LongList(parts.list, (place) => play(place));
    parts.list.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target), row = /** @type {HTMLElement | null} */ (target.closest(".row"));
      if (row) play(Number(row.dataset.place), target.dataset.start ? Number(target.dataset.start) : undefined);
    });
    parts.copyText.addEventListener("click", () => navigator.clipboard.writeText(this.text));
  }

  /** @param {Answer} answer @param {Found} found */
  show(answer, found) {
    this.#found = found;
    const { result, times, cost, files } = answer, { headline, numbers, model, legend, files: place, copyText } = this.parts;
    headline.textContent = summary(result, found);
    numbers.replaceChildren(...facts(result, times, cost));
    const { id, revision, verified } = result.model;
    model.textContent = `${id} ${revision ?? ""}, ${verified ? "verified" : "unverified"}`;
    legend.replaceChildren(...found.speakers.map((name, number) => entry(name, number, result.speakers[number].speech_s)));
    place.replaceChildren(...Object.entries(files).map(([form, address]) =>
      Object.assign(element("a"), { href: address, download: "", textContent: form })));
    copyText.hidden = !found.spoken || !result.text;
    this.text = result.text ?? "";
    const longest = clock(found.spans.at(-1)?.end ?? 0).length;
    this.parts.list.style.setProperty("--time", `${Math.ceil(2 * longest + 1) * 0.5}rem`);
    this.list.fill(found.spans.length, (number) => this.#row(found.spans[number]));
  }

  /** @param {number} s Show what is said at that time. @returns {number} The place of it. */
  follow(s) {
    const place = at(this.#found.spans, s);
    if (place >= 0 && place !== this.list.chosen) this.list.choose(place);
    this.#mark(place, s);
    return place;
  }

  /** @param {number} place @param {number} s */
  #mark(place, s) {
    const words = place >= 0 ? this.#found.spans[place].words : [];
    const word = words.length ? this.list.row(place)?.querySelectorAll(".word")[lastBefore(words, s)] : null;
    if (word === this.#word) return;
    this.#word?.classList.remove("now");
    this.#word = /** @type {HTMLElement | null} */ (word ?? null);
    this.#word?.classList.add("now");
  }

  /** @param {Span} span */
  #row(span) {
    const row = element("div", span.speaker >= 0 ? `row s${span.speaker % 8}` : "row");
    const time = element("time"), said = element("p");
    time.textContent = `${clock(span.start)} – ${clock(span.end)}`;
    if (span.name) said.append(Object.assign(element("b"), { textContent: span.name }));
    if (span.words.length) said.append(...written(span));
    else said.append(span.text);
    if (!this.#found.spoken) said.append(Object.assign(element("small"), { textContent: length(span.end - span.start) }));
    row.append(time, said);
    return row;
  }
}

/**
 * The text with its words as elements. It has punctuation that they have not.
 * @param {Span} span
 * @returns {(HTMLElement | string)[]}
 */
function written({ text, words }) {
  /** @type {(HTMLElement | string)[]} */
  const parts = [];
  let done = 0;
  for (const word of words) {
    const place = text.toLowerCase().indexOf(word.text.toLowerCase(), done);
    if (place < 0) continue;
    const shown = Object.assign(element("span", "word"), { textContent: text.slice(place, place + word.text.length) });
    shown.dataset.start = String(word.start);
    parts.push(text.slice(done, place), shown);
    done = place + word.text.length;
  }
  return [...parts, text.slice(done)];
}

/** @param {any} result @param {Found} found */
function summary(result, { spans, speakers, spoken }) {
  if (!spans.length) return "No speech was found.";
  const share = result.duration_s ? `, ${Math.round((100 * result.speech_s) / result.duration_s)}\u00a0% of the recording` : "";
  const who = speakers.length ? `${many(speakers.length, "speaker")}, ` : "";
  return `${who}${many(spans.length, spoken || !result.turns ? "segment" : "turn")}: ${length(result.speech_s)} of speech${share}`;
}

/** @param {any} result @param {import("./api.js").Times} times @param {import("./api.js").Cost | null} cost */
function facts(result, times, cost) {
  const { rtf } = result.timings, parts = times.jobs > 1 ? `, in ${times.jobs} parts` : "";
  const found = [
    fact("Answer in", length(times.total_s), `from Run to here${parts}`),
    fact(times.cold ? "Cold start" : "Waited", length(times.waited_s), start(times)),
    fact("Worked", length(times.worked_s), rtf ? `${(1 / rtf).toFixed(0)}× real time` : ""),
  ];
  if (cost) {
    const [price, alone] = [`${cost.gpu} at ${money(cost.per_s)} a second, ${cost.as_of}`, `${money(cost.alone)} if a worker came for it alone`];
    found.push(fact("Cost on RunPod", money(cost.work), alone, price));
  }
  return found;
}

/** @param {import("./api.js").Times} times */
function start({ cold, start_s }) {
  if (cold) return "a worker had to start";
  return start_s === null ? "a worker was ready" : `a worker was ready; one starts in ${length(start_s)}`;
}

/** @param {string} what @param {string} value @param {string} more @param {string} [all] */
function fact(what, value, more, all) {
  const box = element("div"), term = element("dt"), said = element("dd"), small = element("small");
  term.textContent = what;
  small.textContent = more;
  said.append(value, small);
  if (all) box.title = all;
  box.append(term, said);
  return box;
}

/** @param {string} name @param {number} number @param {number} speech_s */
function entry(name, number, speech_s) {
  const item = element("li", `s${number % 8}`), share = element("span", "hint");
  share.textContent = length(speech_s);
  item.append(element("span", "dot"), name, share);
  return item;
}
