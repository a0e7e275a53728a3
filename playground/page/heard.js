// What is recognised, as it comes: the latest lines of it.

import { element } from "./form.js";
import { clock } from "./words.js";

const MOST = 100;

export class Heard {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
  }

  clear() {
    this.place.replaceChildren();
  }

  /** @param {{start: number, text: string}} segment */
  add({ start, text }) {
    if (!text) return;
    const line = element("p");
    line.append(Object.assign(element("time"), { textContent: clock(start) }), text);
    this.place.append(line);
    if (this.place.childElementCount > MOST) this.place.firstElementChild?.remove();
    this.place.scrollTop = this.place.scrollHeight;
  }
}
