// A form made from the JSON Schema of a service's options.

const UNITS = { ms: "ms", s: "s" };

/**
 * @typedef {{enum?: string[], const?: any, type?: string, minimum?: number, maximum?: number,
 *   default?: any, description?: string, anyOf?: Schema[]}} Schema
 */

/**
 * Fill an element with a field for each option that a form can hold: not for lists and objects, nor
 * for what has but one value.
 * @param {HTMLElement} place
 * @param {Record<string, Schema>} properties
 * @param {Record<string, unknown>} given What was chosen before.
 */
export function build(place, properties, given) {
  const fields = Object.entries(properties).map(([name, schema]) => field(name, schema, given[name]));
  place.replaceChildren(...fields.filter((one) => one !== null));
}

/**
 * The options that were chosen; those left as they were are the service's own, and are not sent.
 * @param {HTMLElement} place
 * @returns {Record<string, unknown>}
 */
export function chosen(place) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const input of /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (place.querySelectorAll("input, select"))) {
    const value = read(input);
    if (value !== null && JSON.stringify(value) !== input.dataset.default) found[input.name] = value;
  }
  return found;
}

/** @param {HTMLInputElement | HTMLSelectElement} input */
function read(input) {
  if (input.type === "checkbox") return /** @type {HTMLInputElement} */ (input).checked;
  if (input.value === "") return null;
  return input.type === "number" || input.dataset.numbers?.split(" ").includes(input.value) ? Number(input.value) : input.value;
}

/** @param {string} name @param {Schema} schema @param {unknown} value */
function field(name, schema, value) {
  const kinds = (schema.anyOf ?? [schema]).filter((kind) => kind.type !== "null");
  const [words, unit] = title(name);
  const input = control(kinds);
  if (input === null) return null;
  const id = `option-${name}`;
  Object.assign(input, { id, name });
  input.dataset.default = JSON.stringify(schema.default ?? null);
  set(input, value ?? schema.default);
  input.setAttribute("aria-describedby", `${id}-what`);

  const row = element("div", "field"), label = element("label");
  label.htmlFor = id;
  const what = element("p", "hint");
  what.id = `${id}-what`;
  what.textContent = schema.description ?? "";
  if (input.type === "checkbox") {
    row.classList.add("tick");
    label.append(input, words);
    row.append(label, what);
  } else {
    label.textContent = words;
    const box = element("div", "with-unit");
    box.append(input);
    if (unit) box.append(Object.assign(element("span", "hint"), { textContent: unit }));
    if (input.type === "number") /** @type {HTMLInputElement} */ (input).placeholder = schema.default ?? "not given";
    row.append(label, box, what);
  }
  return row;
}

/** @param {Schema[]} kinds @returns {HTMLInputElement | HTMLSelectElement | null} */
function control(kinds) {
  const [kind, more] = kinds;
  if (kind.enum && kind.enum.length > 1) {
    const select = element("select");
    const values = [...kind.enum];
    if (more?.type === "integer") {  // a channel's number: those that recordings have
      select.dataset.numbers = "0 1 2 3 4 5";
      values.push(...select.dataset.numbers.split(" "));
    }
    select.append(...values.map((value) => new Option(value, value)));
    return select;
  }
  const input = element("input");
  if (kind.type === "boolean") return Object.assign(input, { type: "checkbox" });
  if (kind.type !== "integer" && kind.type !== "number") return null;
  return Object.assign(input, {
    type: "number", inputMode: "decimal", min: kind.minimum ?? "", max: kind.maximum ?? "", step: kind.type === "integer" ? "1" : "any",
  });
}

/** @param {HTMLInputElement | HTMLSelectElement} input @param {unknown} value */
function set(input, value) {
  if (input.type === "checkbox") /** @type {HTMLInputElement} */ (input).checked = Boolean(value);
  else if (input instanceof HTMLSelectElement || JSON.stringify(value) !== input.dataset.default) input.value = String(value ?? "");
}

/** @param {string} name @returns {[string, string]} A name in words, and its unit. */
function title(name) {
  const parts = name.split("_");
  const unit = UNITS[/** @type {"ms" | "s"} */ (parts.at(-1) ?? "")] ?? "";
  const words = (unit ? parts.slice(0, -1) : parts).join(" ").replace(/\b(itn|vad)\b/g, (short) => short.toUpperCase());
  return [words[0].toUpperCase() + words.slice(1), unit];
}

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} [name] @returns {HTMLElementTagNameMap[K]} */
export function element(tag, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}
