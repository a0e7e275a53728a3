// Draws what was found into the waveform, and below it a lane for each speaker with the texts in it.
// One canvas, of what is in sight: an hour has thousands of stretches, and none is an element.

import { lastBefore } from "./spans.js";

/** @typedef {import("./spans.js").Span} Span */

const LANE_PX = 28, GAP_PX = 4, SLIM_PX = 10, MOST_WIDE_LANES = 8, LEAST_EDGE_PX = 8, LEAST_TEXT_PX = 30;
export const WAVE_PX = 96;

export class Lanes {
  /** @type {Span[]} */ #spans = [];
  #lanes = 0;
  #frame = 0;
  marked = -1;

  /**
   * @param {HTMLCanvasElement} canvas It covers the stage.
   * @param {HTMLElement} wave What is above the lanes.
   * @param {() => {from: number, pxPerS: number}} view What is in sight: the time at its left edge, and the scale.
   * @param {(place: number) => void} take Someone chose one.
   */
  constructor(canvas, wave, view, take) {
    this.canvas = canvas;
    this.wave = wave;
    this.view = view;
    canvas.addEventListener("click", (event) => {
      const place = this.#under(event);
      if (place >= 0) take(place);
    });
    canvas.addEventListener("pointermove", (event) => canvas.classList.toggle("hit", this.#under(event) >= 0));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** @param {Span[]} spans In order. @param {number} speakers */
  show(spans, speakers) {
    this.#spans = spans;
    this.#lanes = spans.length ? Math.max(1, speakers) : 0;
    this.marked = -1;
    const stage = /** @type {HTMLElement} */ (this.canvas.parentElement);
    stage.style.paddingBottom = this.#lanes ? `${this.#lanes * (this.#high + GAP_PX) + 2 * GAP_PX}px` : "";
    this.draw();
  }

  /** Draw before the next frame, however often it is asked for. */
  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  get #high() {
    return this.#lanes > MOST_WIDE_LANES ? SLIM_PX : LANE_PX;
  }

  #paint() {
    const { canvas } = this, context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const ratio = window.devicePixelRatio || 1, { clientWidth, clientHeight } = canvas;
    [canvas.width, canvas.height] = [clientWidth * ratio, clientHeight * ratio];
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas), sans = style.getPropertyValue("--sans"), ink = style.getPropertyValue("--ink");
    const colours = Array.from({ length: 8 }, (_, number) => style.getPropertyValue(`--s${number}`));
    const soft = style.getPropertyValue("--soft");
    context.font = `13px ${sans}`;
    context.textBaseline = "middle";
    const letter = context.measureText("abcdefghij klmno").width / 16;

    /** @type {Record<number, number>} */
    const drawn = {};
    for (const { place, x, width, y } of this.#boxes(clientWidth)) {
      const span = this.#spans[place], marked = place === this.marked;
      const [high, left] = [this.#high, Math.max(x, drawn[y] ?? x)];  // where many are in a pixel, none is drawn over another
      if (x + width <= left) continue;
      drawn[y] = x + width;
      const colour = span.speaker < 0 && this.#lanes > 1 ? soft : colours[Math.max(0, span.speaker) % 8];
      context.fillStyle = colour;
      context.globalAlpha = 0.09;
      context.fillRect(left, 0, x + width - left, WAVE_PX);
      context.globalAlpha = marked ? 0.55 : 0.24;
      if (width < LEAST_EDGE_PX) context.fillRect(left, y, x + width - left, high);
      else {
        context.beginPath();
        context.roundRect(left, y, x + width - left, high, 5);
        context.fill();
      }
      context.globalAlpha = 1;
      if (width > LEAST_EDGE_PX) context.fillRect(x, y, 3, high);
      if (!span.text || width < LEAST_TEXT_PX || high < LANE_PX) continue;
      context.fillStyle = ink;
      context.fillText(fitted(context, span.text, width - 14, letter), x + 8, y + high / 2 + 0.5);
    }
  }

  /** @param {number} width @returns {Generator<{place: number, x: number, width: number, y: number}>} Those in sight. */
  *#boxes(width) {
    const { from, pxPerS } = this.view(), until = from + width / pxPerS, top = this.wave.offsetHeight + GAP_PX * 2;
    for (let place = Math.max(0, lastBefore(this.#spans, from)); place < this.#spans.length && this.#spans[place].start < until; place++) {
      const { start, end, speaker } = this.#spans[place];
      const y = top + Math.max(0, speaker) * (this.#high + GAP_PX);
      yield { place, x: (start - from) * pxPerS, width: Math.max(1, (end - start) * pxPerS - 1), y };
    }
  }

  /** @param {MouseEvent} event @returns {number} The one below the pointer, or -1. */
  #under(event) {
    for (const { place, x, width, y } of this.#boxes(this.canvas.clientWidth))
      if (event.offsetX >= x - 2 && event.offsetX <= x + width + 2 && event.offsetY >= y && event.offsetY <= y + this.#high) return place;
    return -1;
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} width @param {number} letter Its usual width. */
function fitted(context, text, width, letter) {
  let part = text.slice(0, Math.ceil((width / letter) * 1.5));
  if (part === text && context.measureText(text).width <= width) return text;
  while (part && context.measureText(`${part}…`).width > width) part = part.slice(0, Math.floor(part.length * 0.9));
  return part ? `${part.trimEnd()}…` : "";
}
