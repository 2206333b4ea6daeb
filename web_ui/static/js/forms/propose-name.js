// Proposes a free name for what a job makes, until the user has typed another one.

import { get } from "../base/api.js";
import { setInputValue } from "../base/dom.js";

const MAX_NAME_CHARACTERS = 96;
const STORED = { dataset: "datasets", training: "models" };

/**
 * Read the names that a new job cannot take: of what is stored, and of what waiting jobs will make.
 * @param {"dataset" | "training"} kind of the job
 * @param {AbortSignal} [signal]
 * @returns {Promise<string[]>}
 */
export async function readTakenNames(kind, signal) {
  const [stored, { jobs }] = await Promise.all([
    get(`/${STORED[kind]}`, signal),
    get(`/jobs?kind=${kind}&state=queued`, signal),
  ]);
  return [
    ...stored[STORED[kind]].map((/** @type {{name: string}} */ { name }) => name),
    ...jobs.map((/** @type {{title: string}} */ { title }) => title),
  ];
}

/**
 * Make a name of a text, such as the path of a file; empty: the text has no usable character.
 * @param {string} text
 */
export function makeName(text) {
  const file =
    text
      .replace(/^upload:/, "")
      .replace(/\/+$/, "")
      .split("/")
      .at(-1) ?? "";
  const stem = file.replace(/(\.(jsonl?|csv|tsv|parquet|txt))?(\.gz)?$/i, "");
  return stem
    .replace(/[^A-Za-z0-9_-]+/g, "_")
    .replace(/^[^A-Za-z0-9]+|_+$/g, "")
    .slice(0, MAX_NAME_CHARACTERS - 4);
}

/**
 * Number a name that is taken: trained_model, trained_model_2, trained_model_3.
 * @param {string} name
 * @param {string[]} taken
 */
export function freeName(name, taken) {
  if (!taken.includes(name)) return name;
  const base = name.replace(/[-_]\d+$/, "");
  let number = 2;
  while (taken.includes(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

/**
 * Propose a free name in an input that is empty or holds an earlier proposal.
 * @param {HTMLInputElement} input
 * @param {string} base empty: no proposal
 * @param {string[]} taken
 */
export function proposeName(input, base, taken) {
  if (input.value && input.value !== input.dataset.proposed) return;
  const name = base && freeName(base, taken);
  input.dataset.proposed = name;
  if (input.value !== name) setInputValue(input, name);
}
