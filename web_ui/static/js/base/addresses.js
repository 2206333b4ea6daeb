// Addresses of the pages of results.

import { withQuery } from "./api.js";

const root = document.body.dataset.root ?? "";

/** @param {string} name with the slash of an id on the Hub, which stays one */
const encodeName = (name) => name.split("/").map(encodeURIComponent).join("/");

/** The page of a stored dataset or model, or of a base model. @param {string} collection @param {string} name */
export const storedAddress = (collection, name) => `${root}/${collection}/${encodeName(name)}`;

/** @param {string} model perhaps one of a training's checkpoints */
const withoutCheckpoint = (model) => model.replace(/\/(checkpoints|model)(\/.*)?$/, "");

/** The playground with a model chosen. @param {string} model */
export const playgroundAddress = (model) => withQuery(`${root}/playground`, { model });

/** @param {string} id */
export const jobAddress = (id) => `${document.body.dataset.jobs}/${encodeURIComponent(id)}`;

/** @param {string} collection @param {string} name */
export const samplesAddress = (collection, name) =>
  `${document.body.dataset.samples}/${collection}/${encodeURIComponent(name)}`;

/**
 * The form that starts from the settings of a job; null: there is none for its kind.
 * @param {Pick<import("./api-types.js").JobAnswer, "kind" | "config" | "id">} job
 */
export function changesAddress({ kind, config, id }) {
  if (kind === "dataset") return withQuery(`${root}/custom`, { from: id });
  if (kind === "training" || kind === "find_lr") return withQuery(`${root}/train`, { from: id });
  const isLocalPath = /^[/.~]/.test(config.model ?? "");
  if ((kind === "evaluation" || kind === "prediction") && !isLocalPath)
    return `${withQuery(storedAddress("models", withoutCheckpoint(config.model)), { from: id })}#use`;
  if (kind === "publish_dataset")
    return `${withQuery(storedAddress("datasets", config.dataset), { from: id })}#publish`;
  if (kind === "publish_model")
    return `${withQuery(storedAddress("models", config.model), { from: id })}#publish`;
  return null;
}
