// What the page asks of the program that serves it.

/**
 * @typedef {{id: string, name: string, size: number, duration_s: number}} Recording
 * @typedef {{name: string, title: string, question: string, service: string,
 *   schema: {properties: Record<string, any>}}} Task
 * @typedef {{event: "progress", state: "reading" | "waiting" | "working", over: number}} Progress
 * @typedef {{event: "segment", segment: {start: number, end: number, text: string}}} Segment
 * @typedef {{total_s: number, waited_s: number, worked_s: number, cold: boolean, start_s: number | null, jobs: number}} Times
 * @typedef {{gpu: string, per_s: number, as_of: string, work: number, alone: number}} Cost
 * @typedef {{event: "result", result: any, files: Record<string, string>, times: Times, cost: Cost | null}} Answer
 */

/** What was refused, or went wrong, by its code. */
export class Failure extends Error {
  /** @param {{code?: string, message?: string, retryable?: boolean}} told */
  constructor(told) {
    super(told.message ?? "The program behind this page gave no reason.");
    this.code = told.code ?? "";
    this.retryable = told.retryable ?? false;
  }
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
async function ask(path, init) {
  let reply;
  try {
    reply = await fetch(path, init);
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new Failure({
      code: "page_alone",
      retryable: true,
      message: "The program behind this page does not answer. Is it still running?",
    });
  }
  if (!reply.ok) throw new Failure(await reply.json().catch(() => ({})));
  return reply;
}

/** @param {string} path @param {object} content @param {AbortSignal} [signal] */
const post = (path, content, signal) =>
  ask(path, { method: "POST", body: JSON.stringify(content), signal });

/** @returns {Promise<Task[]>} */
export const tasks = async () => (await ask("/tasks")).json();

/** @param {string} task @returns {Promise<{workers: Record<string, number>}>} */
export const health = async (task) => (await ask(`/tasks/${task}/health`)).json();

/** @param {Blob} blob @param {string} name @returns {Promise<Recording>} */
export async function handOver(blob, name) {
  const headers = {
    "x-name": encodeURIComponent(name),
    "content-type": "application/octet-stream",
  };
  return (await ask("/recordings", { method: "POST", body: blob, headers })).json();
}

/** @param {string} id A recording's. @returns {Promise<Uint8Array>} A byte for each column. */
export const peaks = async (id) =>
  new Uint8Array(await (await ask(`/recordings/${id}/peaks`)).arrayBuffer());

/** @param {string} id A recording's. @param {string} name @param {number} start @param {number} end
 * @returns {Promise<Recording>} A stretch of it. */
export const cut = async (id, name, start, end) =>
  (await post(`/recordings/${id}/stretches`, { name, start, end })).json();

/** @param {string} name @returns {Promise<Blob>} */
export const sample = async (name) => (await ask(`/samples/${name}`)).blob();

/** @param {{task: string, recording: string, options: object, voices: object}} question
 * @returns {Promise<Record<string, string>>} The call, by the names of the ways. */
export const calls = async (question) => (await post("/calls", question)).json();

/**
 * Send a job. Aborting it cancels the job.
 * @param {{task: string, recording: string, options: object, voices: object}} question
 * @param {AbortSignal} signal
 * @param {(event: Progress | Segment) => void} told
 * @returns {Promise<Answer>}
 */
export async function job(question, signal, told) {
  const reply = await post("/jobs", question, signal);
  const reader = /** @type {ReadableStream<any>} */ (reply.body)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Failure({ message: "The answer ended too early.", retryable: true });
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = JSON.parse(line);
      if (event.event === "error") throw new Failure(event);
      if (event.event === "result") return event;
      told(event);
    }
  }
}
