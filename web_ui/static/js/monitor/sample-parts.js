// What the samples of a job consist of: its files, sections with a title, and named texts.

import { get } from "../base/api.js";
import { makeElement } from "../base/dom.js";

/** @typedef {import("./job-state.js").Job} Job */

/**
 * Read one of the job's files; null while it is not there.
 * @param {Job} job
 * @param {string} path
 */
export async function readArtifact(job, path) {
  const { artifacts } = await get(`/jobs/${job.id}/artifacts`);
  const file = artifacts.find((/** @type {{path: string}} */ known) => known.path === path);
  if (!file) return null;
  const answer = await fetch(file.url);
  return answer.ok ? answer.text() : null; // removed just now, for a newer one
}

/** @param {string} title @param {string} note @param {...Node} content */
export const makeSection = (title, note, ...content) =>
  makeElement(
    "section",
    { class: "stack-s" },
    makeElement("h2", {}, title),
    makeElement("p", { class: "muted small" }, note),
    ...content,
  );

/** @param {Record<string, string | undefined>} values */
export function makeTextList(values) {
  const pairs = Object.entries(values).filter(([, text]) => text !== undefined && text !== null);
  return makeElement(
    "dl",
    { class: "texts" },
    ...pairs.map(([name, text]) =>
      makeElement("div", {}, makeElement("dt", {}, name), makeElement("dd", {}, String(text) || "(nothing)")),
    ),
  );
}
