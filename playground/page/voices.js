// Voices that are known: the name of each, and a recording of it.

import { cut, handOver } from "./api.js";
import { element } from "./form.js";
import { by } from "./screen.js";
import { clock, sentence } from "./words.js";

/** @typedef {import("./api.js").Recording} Recording @typedef {{of: Recording, start: number, end: number}} Stretch */

export class Voices {
  /** @type {Map<string, Recording>} */ #known = new Map();

  /** @param {() => Stretch | null} chosen What is chosen in the answer. @param {() => void} changed */
  constructor(chosen, changed) {
    this.changed = changed;
    const [name, file] = [by("voice-name"), by("voice-file")];
    name.addEventListener("input", () => this.#ready());
    name.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") event.preventDefault(); // it does not run anything
    });
    by("voice-choose").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      const [given] = file.files;
      file.value = ""; // the same one may be chosen again
      if (given) this.#add(() => handOver(given, given.name), given.name);
    });
    by("voice-take").addEventListener("click", () => {
      const stretch = chosen();
      if (!stretch) return this.#say("Choose a stretch in the answer first.");
      const { of, start, end } = stretch;
      const where = `${of.name}, ${clock(start)} – ${clock(end)}`;
      this.#add((called) => cut(of.id, called, start, end), where);
    });
    this.#ready();
  }

  /** @param {import("./api.js").Task} task @returns {Record<string, string>} Recordings by name, if the task knows voices. */
  of(task) {
    const known = "known_speakers" in task.schema.properties ? [...this.#known] : [];
    return Object.fromEntries(known.map(([name, { id }]) => [name, id]));
  }

  /** @param {(name: string) => Promise<Recording>} given @param {string} from Where it comes from, in words. */
  async #add(given, from) {
    const name = by("voice-name").value.trim();
    try {
      const recording = await given(name);
      by("voices-known").querySelector(`[data-name="${CSS.escape(name)}"]`)?.remove();
      this.#known.set(name, recording);
      by("voices-known").append(this.#item(name, recording, from));
      by("voice-name").value = "";
      this.#say(`${name} is known.`);
    } catch (error) {
      this.#say(sentence(/** @type {Error} */ (error).message));
    }
    this.#ready();
  }

  /** @param {string} name @param {Recording} recording @param {string} from */
  #item(name, recording, from) {
    const item = element("li"),
      what = element("span", "hint"),
      save = Object.assign(element("a"), {
        href: `/recordings/${recording.id}`,
        download: "",
        textContent: "Save",
      }),
      remove = Object.assign(element("button", "link"), { type: "button", textContent: "Remove" });
    item.dataset.name = name;
    what.textContent = from;
    save.setAttribute("aria-label", `Save the voice of ${name}`);
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => {
      this.#known.delete(name);
      item.remove();
      this.#ready();
    });
    item.append(Object.assign(element("b"), { textContent: name }), what, save, remove);
    return item;
  }

  #ready() {
    by("voice-choose").disabled = by("voice-take").disabled = !by("voice-name").value.trim();
    by("voices-count").textContent = this.#known.size || "";
    this.changed();
  }

  /** @param {string} words */
  #say(words) {
    by("voice-said").textContent = words;
  }
}
