// The recording: its waveform, its sound, and what was found in it.

import { BARS, bars } from "./bars.js";
import { Lanes, WAVE_PX } from "./lanes.js";
import Regions from "./vendor/wavesurfer/regions.esm.js";
import Timeline from "./vendor/wavesurfer/timeline.esm.js";
import WaveSurfer from "./vendor/wavesurfer/wavesurfer.esm.js";
import { clock } from "./words.js";

/** @typedef {import("./spans.js").Span} Span */

const MOST_PX_PER_S = 400, STEP_S = 2, PAGE_S = 30, LABEL_PX = 52;

export class Player {
  #surfer = /** @type {any} */ (null);
  #regions = /** @type {any} */ (null);
  #region = /** @type {any} */ (null);
  #address = "";
  /** @type {Span[]} */ #spans = [];
  duration = 0;

  /**
   * @param {{stage: HTMLElement, wave: HTMLElement, lanes: HTMLCanvasElement, audio: HTMLAudioElement}} parts
   * @param {{time: (s: number) => void, taken: (place: number) => void, playing: (is: boolean) => void}} told
   */
  constructor(parts, told) {
    this.parts = parts;
    this.told = told;
    this.lanes = new Lanes(parts.lanes, parts.wave, () => this.#view(), told.taken);
    for (const name of ["play", "pause", "ended"]) parts.audio.addEventListener(name, () => told.playing(!parts.audio.paused));
    parts.stage.addEventListener("keydown", (event) => this.#key(event));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#surfer?.setOptions(cursor());  // and so the bars are drawn anew
      this.lanes.draw();
    });
  }

  /** @param {Blob} blob @param {Uint8Array} columns Of the waveform, 255 is full scale. @param {number} duration */
  load(blob, columns, duration) {
    this.#surfer?.destroy();
    URL.revokeObjectURL(this.#address);
    this.#address = URL.createObjectURL(blob);
    this.parts.audio.src = this.#address;
    this.duration = duration;
    this.#region = null;
    this.#spans = [];
    this.lanes.show([], 0);
    this.#regions = Regions.create();
    // The peaks and the length are given, so nothing is decoded here.
    const peaks = Float32Array.from(columns, (column) => column / 255);
    const nonce = /** @type {HTMLElement} */ (document.querySelector("link[nonce]")).nonce;
    this.#surfer = WaveSurfer.create({
      container: this.parts.wave, media: this.parts.audio, cspNonce: nonce,
      peaks: [peaks.length ? peaks : new Float32Array(1)], duration: duration || 1,
      height: WAVE_PX, ...BARS, dragToSeek: true, cursorWidth: 2, ...cursor(),
      renderFunction: bars({
        most: Math.max(0.1, columns.reduce((most, one) => Math.max(most, one), 0) / 255),
        pxPerS: () => this.#view().pxPerS, spans: () => this.#spans, colour: (span) => colour(span ? speakers(span) : "wave"),
      }),
      plugins: [this.#regions, Timeline.create({ height: 20, secondaryLabelOpacity: 0.6, style: { fontSize: "11px" }, formatTimeCallback: (/** @type {number} */ s) => this.#label(s) })],
    });
    this.#surfer.on("timeupdate", (/** @type {number} */ s) => this.#moved(s));
    for (const name of ["scroll", "zoom", "redraw", "resize"]) this.#surfer.on(name, () => this.lanes.draw());
    this.parts.stage.setAttribute("aria-valuemax", String(Math.round(duration)));
    this.#moved(0);
  }

  /** @param {import("./spans.js").Found} found */
  show({ spans, speakers }) {
    this.mark(-1, null);
    this.#spans = spans;
    this.#surfer?.setOptions(cursor());
    this.lanes.show(spans, speakers.length);
  }

  /** @param {number} place @param {Span | null} span Of which the waveform shows where it is. */
  mark(place, span) {
    this.lanes.marked = place;
    this.lanes.draw();
    this.#region?.remove();
    this.#region = null;
    if (!span || !this.#regions) return;
    const color = `${colour(speakers(span))}33`;
    this.#region = this.#regions.addRegion({ start: span.start, end: span.end, drag: false, resize: false, color });
    if (this.#region.element) this.#region.element.style.pointerEvents = "none";  // a click there seeks
  }

  /** @param {number} start @param {number} [end] */
  play(start, end) {
    this.#surfer?.play(start, end).catch(() => {});  // what cannot be played says so itself
  }

  toggle() {
    this.#surfer?.playPause().catch(() => {});
  }

  /** @param {number} part From 0, all of it in sight, to 1. */
  zoom(part) {
    if (!this.#surfer) return;
    const fit = this.parts.wave.clientWidth / (this.duration || 1);
    this.#surfer.zoom(part ? fit * (Math.max(fit, MOST_PX_PER_S) / fit) ** part : 0);
  }

  #view() {
    const scale = this.#surfer ? this.#surfer.getWrapper().clientWidth / (this.duration || 1) : 1;
    return { from: this.#surfer ? this.#surfer.getScroll() / scale : 0, pxPerS: scale };
  }

  /** @param {number} s A label of the time line; none where it would be cut off. */
  #label(s) {
    return (this.duration - s) * this.#view().pxPerS < LABEL_PX && s ? "" : clock(s, 0);
  }

  /** @param {number} s */
  #moved(s) {
    const { stage } = this.parts;
    stage.setAttribute("aria-valuenow", s.toFixed(1));
    stage.setAttribute("aria-valuetext", `${clock(s)} of ${clock(this.duration)}`);
    this.told.time(s);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const now = this.#surfer?.getCurrentTime() ?? 0;
    const to = {
      ArrowRight: now + STEP_S, ArrowUp: now + STEP_S, ArrowLeft: now - STEP_S, ArrowDown: now - STEP_S,
      PageUp: now + PAGE_S, PageDown: now - PAGE_S, Home: 0, End: this.duration,
    }[event.key];
    if (to === undefined) return;
    this.#surfer?.setTime(Math.max(0, Math.min(this.duration, to)));
    event.preventDefault();
  }
}

/** @param {string} name @returns {string} #rrggbb */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** @param {Span} span */
const speakers = (span) => `s${Math.max(0, span.speaker) % 8}`;

const cursor = () => ({ cursorColor: colour("ink") });
