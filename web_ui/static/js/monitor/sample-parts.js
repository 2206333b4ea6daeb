// The parts of a job's samples: files of the job, titled sections, and lists of named texts.

import { get } from "../base/api.js";
import { makeElement } from "../base/dom.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("../base/api-types.js").Artifact} Artifact */

/**
 * Read the file of the job that has this role; null while it does not exist.
 * @param {Job} job
 * @param {Artifact["role"]} role
 */
export async function readArtifact(job, role) {
  /** @type {{artifacts: Artifact[]}} */
  const { artifacts } = await get(`/jobs/${job.id}/artifacts`);
  const file = artifacts.find((artifact) => artifact.role === role);
  if (!file) return null;
  const answer = await fetch(file.url);
  return answer.ok ? answer.text() : null; // a newer file has just replaced it
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
