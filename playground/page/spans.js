// What a service found, as the page shows it: stretches of the recording, whoever's they are.

/**
 * @typedef {{text: string, start: number, end: number}} Word
 * @typedef {{start: number, end: number, speaker: number, name: string, text: string, words: Word[]}} Span
 *   `speaker` is its place in `speakers`; -1: nobody's.
 * @typedef {{spans: Span[], speakers: string[], spoken: boolean}} Found `spoken`: there are texts.
 */

/** @param {any} result Of any of the services. @returns {Found} */
export function found(result) {
  /** @type {string[]} */
  const speakers = (result.speakers ?? []).map((/** @type {{label: string}} */ one) => one.label);
  const spoken = typeof result.text === "string";
  const parts = spoken || !result.turns ? result.segments : result.turns;
  const spans = parts.map((/** @type {any} */ part) => ({
    start: part.start,
    end: part.end,
    speaker: speakers.indexOf(part.speaker),
    name: part.speaker ?? "",
    text: part.text ?? "",
    words: part.words ?? [],
  }));
  return { spans, speakers, spoken };
}

/**
 * The place of the last one that begins before or at a time; -1 if none does.
 * @param {{start: number}[]} sorted @param {number} time
 */
export function lastBefore(sorted, time) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** @param {{start: number, end: number}[]} sorted @param {number} time @returns {number} The one a time is in, or -1. */
export function at(sorted, time) {
  const place = lastBefore(sorted, time);
  return place >= 0 && time < sorted[place].end ? place : -1;
}
