// What can be done with a stored dataset or model as a whole: train on it, download it, delete it.

import { playgroundAddress } from "../base/addresses.js";
import { API, sendRequest, withQuery } from "../base/api.js";
import { makeElement, makeIcon } from "../base/dom.js";
import { formatBytes } from "../base/format.js";
import { confirmAction, toast, toastError } from "../widgets/notify.js";

/** @typedef {import("../base/api-types.js").StoredCard} Card */

/** What a deletion leaves. @type {Record<string, string>} */
export const KEPT_TEXTS = {
  datasets: "Its copy on the Hub stays, and so do models trained on it.",
  models: "Its checkpoints and curves are deleted too. Its copy on the Hub stays.",
  uploads: "Datasets made from it stay.",
};

/**
 * Delete something stored, after the user has confirmed it.
 * @param {string} collection
 * @param {string} name
 * @param {number} sizeBytes
 * @returns {Promise<boolean>} whether it was deleted
 */
export async function deleteStored(collection, name, sizeBytes) {
  const kind = collection.replace(/s$/, "");
  const confirmation = {
    title: `Delete the ${kind} ${name}?`,
    text: `${formatBytes(sizeBytes)} are deleted. ${KEPT_TEXTS[collection]}`,
    yes: `Delete the ${kind}`,
  };
  if (!(await confirmAction(confirmation))) return false;
  try {
    await sendRequest("DELETE", `/${collection}/${name}`);
    toast("Deleted.");
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

/** @param {string} collection @param {string} name @param {Card | null} card null: a base model */
export function makeStoredActions(collection, name, card) {
  const field = collection === "datasets" ? "dataset" : "model";
  const text = field === "dataset" ? "Train a model on it" : card ? "Train on from it" : "Train it";
  const train = withQuery(document.body.dataset.train ?? "/train", { [field]: name });
  return [
    !card || card.complete ? makeElement("a", { class: "button button--primary", href: train }, text) : null,
    field === "model" && (!card || card.complete)
      ? makeElement("a", { class: "button", href: playgroundAddress(name) }, "Try it")
      : null,
    card?.archive_bytes ? makeDownload(collection, name, card) : null,
    card ? makeDelete(collection, name, card) : null,
  ].filter((action) => action !== null);
}

/** @param {string} collection @param {string} name @param {Card} card */
const makeDownload = (collection, name, { archive_bytes: archiveBytes }) =>
  makeElement(
    "a",
    {
      class: "button",
      href: `${API}/stored/${collection}/${encodeURIComponent(name)}/archive.tar`,
      download: true,
    },
    makeIcon("icon-download"),
    `Download, ${formatBytes(archiveBytes)}`,
  );

/** @param {string} collection @param {string} name @param {Card} card */
function makeDelete(collection, name, { size_bytes: sizeBytes }) {
  const button = makeElement(
    "button",
    { type: "button", class: "button button--danger" },
    makeIcon("icon-delete"),
    "Delete",
  );
  button.addEventListener("click", async () => {
    if (await deleteStored(collection, name, sizeBytes))
      location.assign(`${document.body.dataset.jobs}#stored`);
  });
  return button;
}
