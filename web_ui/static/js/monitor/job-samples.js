// The samples of a job: pages of a dataset, the first batch of a training, predictions beside their
// references.

import { API, ApiError, get } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { ACTIVE_STATES } from "./job-state.js";
import { makePredictions } from "./predictions.js";
import { makeSection, makeTextList, readArtifact } from "./sample-parts.js";

/** @typedef {import("./job-state.js").Job} Job */

/** @param {Job} job */
async function makeDatasetPages(job) {
  const name = encodeURIComponent(job.config.name);
  let dataset;
  try {
    dataset = await get(`/datasets/${name}`);
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return [];
    throw error;
  }
  const split = Object.keys(dataset.splits ?? {})[0];
  if (!split) return [];
  const pages = Array.from(
    { length: Math.min(12, dataset.splits[split].num_kept ?? dataset.splits[split]) },
    (_, row) =>
      makeZoomableImage(
        `${API}/datasets/${name}/pages/${split}/${row}/1.png`,
        `Page 1 of sample ${row} in ${split}`,
      ),
  );
  return [
    makeSection(
      "Pages",
      `The first pages of ${split}, as the model sees them.`,
      makeElement("div", { class: "page-grid" }, ...pages),
    ),
  ];
}

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

/** @param {Job} job */
export async function showSamples(job) {
  const container = findElement(hasTextResult(job) ? "#job-texts" : "#panel-samples");
  const ended = `${job.state} ${job.ended}`;
  if (container.dataset.ended === ended && !ACTIVE_STATES.has(job.state)) return;
  const parts =
    job.kind === "dataset"
      ? await makeDatasetPages(job)
      : (await Promise.all([makePredictions(job), makeFirstBatch(job)])).flat();
  container.dataset.ended = ended;
  const seen = JSON.stringify(parts.map((part) => part.textContent));
  if (container.dataset.seen === seen) return;
  container.dataset.seen = seen;
  const empty = hasTextResult(job)
    ? []
    : [
        makeElement(
          "p",
          { class: "empty" },
          "No samples yet. Pages, the first batch and predictions appear here once the job has made them.",
        ),
      ];
  container.replaceChildren(...(parts.length ? parts : empty));
}
