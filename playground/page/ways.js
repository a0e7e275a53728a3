// The same call from elsewhere: tabs, a text, a button that copies it.

import { element } from "./form.js";

export class Ways {
  /** @type {Record<string, string>} */ #calls = {};
  #shown = "";

  /** @param {{ways: HTMLElement, call: HTMLElement, copy: HTMLElement, said: (words: string) => void}} parts */
  constructor(parts) {
    this.parts = parts;
    parts.ways.addEventListener("click", (event) => this.#choose(/** @type {HTMLElement} */ (event.target).dataset.way));
    parts.ways.addEventListener("keydown", (event) => {
      const names = Object.keys(this.#calls), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) this.#choose(names[(names.indexOf(this.#shown) + step + names.length) % names.length], true);
    });
    parts.copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.#calls[this.#shown]);
      parts.said("Copied.");
      parts.copy.textContent = "Copied";
      setTimeout(() => { parts.copy.textContent = "Copy"; }, 1500);
    });
  }

  /** @param {Record<string, string>} calls */
  show(calls) {
    this.#calls = calls;
    this.parts.ways.replaceChildren(...Object.keys(calls).map((name) => {
      const tab = Object.assign(element("button"), { type: "button", textContent: name });
      tab.setAttribute("role", "tab");
      tab.dataset.way = name;
      return tab;
    }));
    this.#choose(this.#shown in calls ? this.#shown : Object.keys(calls)[0]);
  }

  /** @param {string | undefined} name @param {boolean} [focus] */
  #choose(name, focus = false) {
    if (!name) return;
    this.#shown = name;
    this.parts.call.textContent = this.#calls[name];
    for (const tab of /** @type {HTMLCollectionOf<HTMLElement>} */ (this.parts.ways.children)) {
      const is = tab.dataset.way === name;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      if (is && focus) tab.focus();
    }
  }
}
