// The name of an experiment on the screen, and the address of its job.

import { KIND_LABELS } from "../monitor/job-state.js";

/** @typedef {import("../base/api-types.js").Experiment} Experiment */

/** The name that its user gave it, or else the title of its job. @param {Experiment} experiment */
export const nameOf = ({ annotations, title }) => annotations.name ?? title;

/** Names of several experiments; one that two of them share gets the id of its job. @param {Experiment[]} experiments */
export function distinctNames(experiments) {
  const names = experiments.map(nameOf);
  return experiments.map(({ id }, index) =>
    names.filter((name) => name === names[index]).length > 1 ? `${names[index]} (${id})` : names[index],
  );
}

/** @param {Experiment} experiment */
export const addressOf = ({ id }) => `${document.body.dataset.jobs}/${id}`;

/** What the job is, and what its output is called if it has another name here. @param {Experiment} experiment */
export function describeJob({ kind, annotations, title }) {
  const label = KIND_LABELS[kind] ?? kind;
  return annotations.name === null || annotations.name === title ? label : `${label}, on disk: ${title}`;
}
