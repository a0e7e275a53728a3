// The state that the page is in, and work that can be cancelled.

import { length, sentence } from "./words.js";

/** @param {string} id @returns {any} */
export const by = (id) => document.getElementById(id);

/** @param {string} words Told to those who do not see the page. */
export const say = (words) => {
  by("status").textContent = words;
};

export class Screen {
  /** @type {AbortController | null} */ #running = null;
  /** @type {() => void} */ #again = () => {};
  recording = false; // there is one

  constructor() {
    by("cancel").addEventListener("click", () => this.#running?.abort());
    by("again").addEventListener("click", () => this.#again());
  }

  /** @param {"empty" | "ready" | "busy" | "result" | "error"} state */
  become(state) {
    document.body.dataset.state = state;
    for (const name of ["busy", "result", "error"]) by(name).hidden = name !== state;
    by("drop").hidden = by("run-why").hidden = this.recording;
    by("player").hidden = by("same").hidden = by("run").disabled = !this.recording;
    [by("run").hidden, by("cancel").hidden] = [state === "busy", state !== "busy"];
  }

  /** @param {string} words @param {string} [more] */
  busy(words, more = "") {
    if (by("busy-words").textContent !== words || by("busy").hidden) say(words);
    [by("busy-words").textContent, by("busy-more").textContent] = [words, more];
    this.become("busy");
  }

  /** @param {any} error @param {() => void} [again] */
  fail(error, again = () => this.become(this.recording ? "ready" : "empty")) {
    const told = error.code && !error.retryable;
    by("error-more").textContent = sentence(error.message);
    by("error-code").textContent = error.code ?? "";
    by("error-hint").textContent = told
      ? "What it means is in docs/1-request.md and docs/6-calling.md."
      : "";
    by("again").hidden = !error.retryable;
    this.#again = again;
    this.become("error");
  }

  /** Do what takes a while; what is still going on ends. @param {(signal: AbortSignal) => Promise<void>} work */
  async during(work) {
    this.#running?.abort();
    const mine = (this.#running = new AbortController()),
      began = performance.now();
    const tick = setInterval(() => {
      by("elapsed").textContent = length((performance.now() - began) / 1000);
    }, 100);
    try {
      await work(mine.signal);
    } catch (error) {
      if (this.#running !== mine) return;
      if (!mine.signal.aborted) return this.fail(error, () => this.during(work));
      say("Cancelled.");
      this.become(this.recording ? "ready" : "empty");
    } finally {
      clearInterval(tick);
      if (this.#running === mine) this.#running = null;
    }
  }
}
