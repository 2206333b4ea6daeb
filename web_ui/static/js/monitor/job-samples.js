// The samples of a job: those of its dataset, training, evaluation or prediction, and the first batch of a
// training.

import { API, get } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { SamplesViewer } from "../samples/samples-viewer.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { ACTIVE_STATES } from "./job-state.js";
import { makeSection, makeTextList, readArtifact } from "./sample-parts.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("../base/api-types.js").Artifact} Artifact */

const NOTHING_YET = "No samples yet. They appear here once the job has made some.";

/** @param {Job} job */
async function makeFirstBatch(job) {
  const text = await readArtifact(job, "first_batch");
  if (!text) return [];
  /** @type {{pages: string[], prompt: string, samples: {num_pages: number, labels: string}[]}} */
  const { pages, prompt, samples } = JSON.parse(text);
  let next = 0;
  const shownSamples = samples
    .map(({ num_pages: number, labels }) => ({ labels, own: pages.slice(next, (next += number)) }))
    .filter(({ own }) => own.length);
  const rows = shownSamples.map(({ labels, own }) => {
    const pictures = own.map((path, index) =>
      makeZoomableImage(`${API}/jobs/${job.id}/artifacts/${encodeURIComponent(path)}`, `Page ${index + 1}`),
    );
    return makeElement(
      "article",
      { class: "sample sample--pages" },
      makeElement("div", { class: "page-grid" }, ...pictures),
      makeTextList({ Prompt: prompt.trim(), "The model learns to write": labels }),
    );
  });
  const part =
    shownSamples.length < samples.length
      ? ` The first ${shownSamples.length} of its ${samples.length} samples.`
      : "";
  return [
    makeSection(
      "First real batch",
      `The exact input of the model: its pages, and the labels decoded to text.${part}`,
      ...rows,
    ),
  ];
}

/** Return whether the samples of a job are its result, which the overview shows. @param {Job} job */
export const hasTextResult = ({ kind }) => kind === "prediction" || kind === "evaluation";

/** Return where the samples of a job are; null until it has said so. @param {Job} job */
function findSamples({ kind, config, result }) {
  if (kind === "dataset") return { collection: "datasets", name: config.name };
  if (kind === "training") return { collection: "models", name: config.output, order: "worst" };
  const path = result?.folder ?? result?.path;
  const name = typeof path === "string" ? path.split("/").at(-1) : undefined;
  if (!name) return null;
  return kind === "evaluation"
    ? { collection: "evaluations", name, order: "worst" }
    : { collection: "predictions", name };
}

/** The samples of one job, in its page. */
export class JobSamples {
  #place = makeElement("div", {}, makeElement("p", { class: "empty" }, NOTHING_YET));
  #batch = makeElement("div", { class: "stack" });
  /** @type {SamplesViewer | null} */
  #viewer = null;
  #seen = "";

  /** Show what there is; read it again when the job has got further. @param {Job} job */
  async show(job) {
    const container = findElement(hasTextResult(job) ? "#job-texts" : "#panel-samples");
    if (!this.#place.isConnected) container.replaceChildren(this.#place, this.#batch);
    const found = findSamples(job);
    this.#viewer ??= found && new SamplesViewer(this.#place, found);
    const seen = JSON.stringify([job.state, job.ended, job.result?.metrics ?? null, await lastWritten(job)]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    await this.#viewer?.load();
    if (job.kind === "training") this.#batch.replaceChildren(...(await makeFirstBatch(job)));
  }
}

/** Return when the predictions of a running training were last written. @param {Job} job */
async function lastWritten(job) {
  if (job.kind !== "training" || !ACTIVE_STATES.has(job.state)) return null;
  const { artifacts } = await get(`/jobs/${job.id}/artifacts`);
  return artifacts
    .filter((/** @type {Artifact} */ { role }) => role)
    .map((/** @type {Artifact} */ { size_bytes }) => size_bytes);
}
