// A list of thousands of rows, of which only those in sight are in the document.

const IN_A_BLOCK = 50;
const ROW_PX = 42;

/** Rows in blocks; a block out of sight is as high as it was, and empty. */
export class LongList {
  /** @type {HTMLElement[]} */ #blocks = [];
  /** @type {(place: number) => HTMLElement} */ #row = () => document.createElement("div");
  #count = 0;
  #sight;
  chosen = -1;

  /** @param {HTMLElement} place A scrolling listbox. @param {(chosen: number) => void} take Someone chose a row. */
  constructor(place, take) {
    this.place = place;
    this.take = take;
    this.#sight = new IntersectionObserver((entries) => entries.forEach((one) => this.#show(one)), { root: place, rootMargin: "600px" });
    place.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {number} count @param {(place: number) => HTMLElement} row Makes a row. */
  fill(count, row) {
    this.#sight.disconnect();
    [this.#count, this.#row, this.chosen] = [count, row, -1];
    this.place.removeAttribute("aria-activedescendant");
    this.#blocks = Array.from({ length: Math.ceil(count / IN_A_BLOCK) }, (_, number) => {
      const block = document.createElement("div");
      block.setAttribute("role", "presentation");
      block.dataset.number = String(number);
      block.style.height = `${Math.min(IN_A_BLOCK, count - number * IN_A_BLOCK) * ROW_PX}px`;
      return block;
    });
    this.place.replaceChildren(...this.#blocks);
    this.place.scrollTop = 0;
    this.#blocks.forEach((block) => this.#sight.observe(block));
    if (count) this.#put(this.#blocks[0]);
  }

  /** @param {number} place Bring it in sight, and mark it. */
  choose(place) {
    this.row(this.chosen)?.setAttribute("aria-selected", "false");
    this.chosen = place;
    if (place < 0) return;
    this.#put(this.#blocks[Math.floor(place / IN_A_BLOCK)]);
    const row = /** @type {HTMLElement} */ (this.row(place));
    row.setAttribute("aria-selected", "true");
    this.place.setAttribute("aria-activedescendant", row.id);
    const top = row.offsetTop, bottom = top + row.offsetHeight, { scrollTop, clientHeight } = this.place;
    if (top < scrollTop) this.place.scrollTop = top - 8;
    else if (bottom > scrollTop + clientHeight) this.place.scrollTop = bottom - clientHeight + 8;
  }

  /** @param {number} place @returns {HTMLElement | null} If it is in the document. */
  row(place) {
    return this.place.querySelector(`#row-${place}`);
  }

  /** @param {IntersectionObserverEntry} entry */
  #show(entry) {
    const block = /** @type {HTMLElement} */ (entry.target);
    if (entry.isIntersecting) this.#put(block);
    else if (block.firstChild) {
      block.style.height = `${block.offsetHeight}px`;
      block.replaceChildren();
    }
  }

  /** @param {HTMLElement} block */
  #put(block) {
    if (block.firstChild) return;
    const first = Number(block.dataset.number) * IN_A_BLOCK;
    const rows = Array.from({ length: Math.min(IN_A_BLOCK, this.#count - first) }, (_, number) => {
      const place = first + number, row = this.#row(place);
      row.id = `row-${place}`;
      row.dataset.place = String(place);
      for (const [name, value] of Object.entries({ role: "option", "aria-selected": place === this.chosen, "aria-setsize": this.#count, "aria-posinset": place + 1 }))
        row.setAttribute(name, String(value));
      return row;
    });
    block.replaceChildren(...rows);
    block.style.height = "";
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const page = 10, last = this.#count - 1;
    const to = { ArrowDown: this.chosen + 1, ArrowUp: this.chosen - 1, PageDown: this.chosen + page, PageUp: this.chosen - page, Home: 0, End: last }[event.key];
    if (to !== undefined) this.choose(Math.max(0, Math.min(last, to)));
    else if ((event.key === "Enter" || event.key === " ") && this.chosen >= 0) this.take(this.chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
