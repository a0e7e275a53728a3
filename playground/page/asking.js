// What is asked: one of the tasks, with its options, of an endpoint that may be asleep.

import { health } from "./api.js";
import { build, chosen, element } from "./form.js";
import { by } from "./screen.js";

const LOOK_EVERY_MS = 5000;

/** @typedef {import("./api.js").Task} Task */

export class Asking {
  /** @type {Record<string, Record<string, unknown>>} What was chosen for each task. */ #chosen =
    {};

  /** @param {Task[]} tasks @param {() => void} changed */
  constructor(tasks, changed) {
    this.task = tasks[0];
    this.changed = changed;
    by("tasks").replaceChildren(...tasks.map((task) => this.#choice(task)));
    by("options").addEventListener("change", () => this.#read());
    // A field that cannot be seen cannot say what is wrong with it.
    by("ask").addEventListener("invalid", () => (by("options").parentElement.open = true), true);
    setInterval(() => document.hidden || this.look(), LOOK_EVERY_MS);
    this.#ask(this.task);
  }

  get options() {
    return this.#chosen[this.task.name];
  }

  /** Say how the endpoint is. */
  async look() {
    const { name, service } = this.task;
    const [is, words] = await health(name).then(state, (error) => ["gone", error.message]);
    if (name !== this.task.name) return;
    by("endpoint").dataset.is = is;
    by("endpoint-words").textContent = `${service}: ${words}`;
  }

  /** @param {Task} task */
  #choice(task) {
    const label = element("label", "task"),
      radio = element("input");
    Object.assign(radio, { type: "radio", name: "task", value: task.name });
    radio.checked = task === this.task;
    radio.addEventListener("change", () => this.#ask(task));
    const title = Object.assign(element("b"), { textContent: task.title });
    label.append(
      radio,
      title,
      Object.assign(element("span", "hint"), { textContent: task.question }),
    );
    return label;
  }

  /** @param {Task} task */
  #ask(task) {
    this.task = task;
    by("voices").hidden = !("known_speakers" in task.schema.properties);
    build(by("options"), task.schema.properties, this.options ?? {});
    this.#read();
    this.look();
  }

  #read() {
    this.#chosen[this.task.name] = chosen(by("options"));
    const count = Object.keys(this.options).length;
    by("options-count").textContent = count ? `${count} changed` : "";
    this.changed();
  }
}

/** @param {{workers: Record<string, number>}} health */
function state({ workers }) {
  if ((workers.idle ?? 0) + (workers.ready ?? 0) + (workers.running ?? 0))
    return ["ready", "a worker is ready"];
  return [
    "cold",
    workers.initializing ? "a worker is starting" : "asleep, the next job starts a worker",
  ];
}
