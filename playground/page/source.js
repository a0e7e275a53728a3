// Where recordings come from: a file that is chosen or dropped, the microphone, the samples.

import { sample } from "./api.js";

/**
 * @param {Record<"drop" | "file" | "choose" | "another" | "record" | "recordWords", HTMLElement>} parts
 * @param {(blob: Blob, name: string) => void} take
 * @param {(error: Error) => void} fail
 */
export function sources(parts, take, fail) {
  const file = /** @type {HTMLInputElement} */ (parts.file);
  for (const button of [parts.choose, parts.another]) button.addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    if (file.files?.[0]) take(file.files[0], file.files[0].name);
    file.value = "";  // the same one may be chosen again
  });
  for (const button of document.querySelectorAll("[data-sample]")) {
    const name = /** @type {HTMLElement} */ (button).dataset.sample ?? "";
    button.addEventListener("click", () => sample(name).then((blob) => take(blob, name), fail));
  }
  dropping(take);
  recording(parts, take, fail);
}

/** Anywhere on the page. @param {(blob: Blob, name: string) => void} take */
function dropping(take) {
  const over = (/** @type {DragEvent} */ event, /** @type {boolean} */ is) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("over", is);
  };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(event, false); });
  document.addEventListener("drop", (event) => {
    over(event, false);
    const file = event.dataTransfer?.files[0];
    if (file) take(file, file.name);
  });
}

/**
 * @param {Record<"record" | "recordWords", HTMLElement>} parts
 * @param {(blob: Blob, name: string) => void} take
 * @param {(error: Error) => void} fail
 */
function recording({ record, recordWords }, take, fail) {
  /** @type {MediaRecorder | null} */
  let recorder = null;
  record.hidden = !navigator.mediaDevices || !window.MediaRecorder;
  record.addEventListener("click", async () => {
    if (recorder) return recorder.stop();
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      /** @type {Blob[]} */
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
      recorder.addEventListener("stop", () => {
        const type = recorder?.mimeType ?? "";
        stream.getTracks().forEach((track) => track.stop());
        recorder = null;
        document.body.classList.remove("recording");
        recordWords.textContent = "Record";
        take(new Blob(parts, { type }), `recording.${type.includes("mp4") ? "m4a" : "webm"}`);
      });
      recorder.start();
      document.body.classList.add("recording");
      recordWords.textContent = "Stop";
    } catch {
      fail(new Error("The microphone cannot be used: the browser or you said no."));
    }
  });
}
