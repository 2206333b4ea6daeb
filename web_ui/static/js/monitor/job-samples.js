// The samples of a job: those of its dataset, training, evaluation or prediction.

import { findElement, makeElement } from "../base/dom.js";
import { SamplesViewer } from "../samples/samples-viewer.js";
import { ACTIVE_STATES } from "./job-state.js";

/** @typedef {import("./job-state.js").Job} Job */

/** A running training writes new predictions at each validation. */
const READ_EVERY_MS = 10_000;
const NOTHING_YET = "No samples yet. They appear here once the job has made some.";

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
  /** @type {SamplesViewer | null} */
  #viewer = null;
  #seen = "";
  #nextReadMs = 0;

  /** Show what there is; read it again when the job has got further. @param {Job} job */
  async show(job) {
    const container = findElement(hasTextResult(job) ? "#job-texts" : "#panel-samples");
    if (!this.#place.isConnected) container.replaceChildren(this.#place);
    const found = findSamples(job);
    this.#viewer ??= found && new SamplesViewer(this.#place, found);
    const isActive = ACTIVE_STATES.has(job.state);
    const seen = `${job.state} ${job.ended}`;
    if (seen === this.#seen && (!isActive || performance.now() < this.#nextReadMs)) return;
    this.#seen = seen;
    this.#nextReadMs = performance.now() + READ_EVERY_MS;
    await this.#viewer?.load();
  }
}
