// A file of a job, found by its content.

import { get } from "../base/api.js";

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
