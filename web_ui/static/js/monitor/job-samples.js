// The samples of a job: those of its dataset, training, evaluation or prediction, and the first batch of a
// training.

import { API } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { redraw } from "../base/redraw.js";
import { SamplesViewer } from "../samples/samples-viewer.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { ACTIVE_STATES } from "./job-state.js";
import { makeSection, makeTextList, readArtifact } from "./sample-parts.js";

/** @typedef {import("./job-state.js").Job} Job */

/** A running training writes new predictions at each validation. */
const READ_EVERY_MS = 10_000;
const NOTHING_YET = "No samples yet. They appear here once the job has made some.";

/** @param {Job} job @param {string} text of the file */
function makeFirstBatch(job, text) {
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
  #nextReadMs = 0;

  /** Show what there is; read it again when the job has got further. @param {Job} job */
  async show(job) {
    const container = findElement(hasTextResult(job) ? "#job-texts" : "#panel-samples");
    if (!this.#place.isConnected) container.replaceChildren(this.#place, this.#batch);
    const found = findSamples(job);
    this.#viewer ??= found && new SamplesViewer(this.#place, found);
    const isActive = ACTIVE_STATES.has(job.state);
    const seen = `${job.state} ${job.ended}`;
    if (seen === this.#seen && (!isActive || performance.now() < this.#nextReadMs)) return;
    this.#seen = seen;
    this.#nextReadMs = performance.now() + READ_EVERY_MS;
    await this.#viewer?.load();
    if (job.kind !== "training") return;
    const text = await readArtifact(job, "first_batch");
    redraw(this.#batch, text, () => (text ? makeFirstBatch(job, text) : []));
  }
}
