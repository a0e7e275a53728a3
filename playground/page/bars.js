// Draws a waveform as bars, each in the colour of whoever speaks just then.

import { at } from "./spans.js";

const BAR_PX = 2, STEP_PX = 3;

export const BARS = { barWidth: BAR_PX, barGap: STEP_PX - BAR_PX };

/**
 * What wavesurfer calls for each piece of the waveform that comes in sight.
 * @param {{most: number, pxPerS: () => number, spans: () => import("./spans.js").Span[],
 *   colour: (span: import("./spans.js").Span | null) => string}} of `most`: the highest of all columns.
 * @returns {(channels: (Float32Array | number[])[], context: CanvasRenderingContext2D) => void}
 */
export function bars({ most, pxPerS, spans, colour }) {
  return ([columns], context) => {
    const { canvas } = context, ratio = canvas.width / (parseFloat(canvas.style.width) || canvas.width);
    const left = parseFloat(canvas.style.left) || 0, scale = pxPerS(), all = spans();
    const perPx = columns.length / (canvas.width / ratio), middle = canvas.height / 2;
    let place = NaN;
    for (let x = 0; x < canvas.width / ratio; x += STEP_PX) {
      const last = Math.max(Math.floor(x * perPx) + 1, Math.floor((x + STEP_PX) * perPx));
      let loudest = 0;
      for (let column = Math.floor(x * perPx); column < last && column < columns.length; column++)
        if (columns[column] > loudest) loudest = columns[column];
      const now = at(all, (left + x + BAR_PX / 2) / scale);
      if (now !== place) context.fillStyle = colour(all[place = now] ?? null);
      const high = Math.max(ratio, (loudest / most) * (canvas.height - 4 * ratio));
      context.beginPath();
      context.roundRect(x * ratio, middle - high / 2, BAR_PX * ratio, high, Math.min(ratio, high / 2));
      context.fill();
    }
  };
}
