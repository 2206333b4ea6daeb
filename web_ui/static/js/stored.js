// The stored datasets, models and uploads: their sizes, and buttons to delete them.

import { get, sendRequest } from "./base/api.js";
import { findElement, makeElement } from "./base/dom.js";
import { formatBytes, formatCount } from "./base/format.js";
import { describePages } from "./base/page-modes.js";
import { latest } from "./base/latest.js";
import { redraw } from "./base/redraw.js";
import { makeStoredLinks } from "./monitor/stored-links.js";
import { confirmAction, toast, toastError } from "./widgets/notify.js";

/** @typedef {import("./base/api-types.js").DatasetSummary} Dataset */
/** @typedef {import("./base/api-types.js").ModelSummary} Model */
/** @typedef {import("./base/api-types.js").Upload} Upload */
/** @typedef {(Dataset | Model | Upload) & {complete?: boolean, error?: {message: string} | null}} Stored */
/**
 * @typedef {{kind: string, path: string, text: string, facts: string, link?: string}} Entry the texts of a
 *   row; `text` says what a deletion removes or keeps
 */

const box = /** @type {HTMLDetailsElement} */ (findElement("#stored"));
const trainAddress = findElement("#stored-datasets").dataset.train;

/** @param {Stored} stored @param {string} facts */
const describeState = ({ complete, error }, facts) =>
  error?.message ?? (complete === false ? `Not finished. ${facts}` : facts);

/** @param {Stored} stored @param {Entry} entry */
function drawRow(stored, { kind, path, text, facts, link }) {
  const { name, size_bytes: size } = stored;
  const remove = makeElement(
    "button",
    {
      type: "button",
      class: "button button--small button--plain button--danger",
      "aria-label": `Delete ${name}`,
    },
    "Delete",
  );
  remove.addEventListener(
    "click",
    () =>
      void deleteStored(`/${path}/${name}`, {
        title: `Delete the ${kind} ${name}?`,
        text: `${formatBytes(size)} are deleted. ${text}`,
        yes: `Delete the ${kind}`,
      }),
  );
  return makeElement(
    "li",
    { class: "stored__row" },
    makeElement(
      "div",
      {},
      makeElement("div", { class: "stored__name" }, name),
      makeElement("div", { class: "muted small" }, describeState(stored, facts)),
    ),
    makeElement("span", { class: "numbers muted small" }, formatBytes(size)),
    path === "uploads"
      ? makeElement("span")
      : makeStoredLinks(name, { path, isComplete: Boolean(stored.complete), trainAddress: link }),
    remove,
  );
}

/** @param {string} address @param {{title: string, text: string, yes: string}} confirmation */
async function deleteStored(address, confirmation) {
  if (!(await confirmAction(confirmation))) return;
  try {
    await sendRequest("DELETE", address);
    toast("Deleted.");
  } catch (error) {
    toastError(error);
  }
  void storedRequest.ask();
}

/** @param {string} id @param {[Stored, Entry][]} rows */
function showList(id, rows) {
  redraw(findElement(`${id} ul`), rows, () => rows.map(([stored, entry]) => drawRow(stored, entry)));
  findElement(`${id} .stored__none`).hidden = rows.length > 0;
}

/** @param {{datasets: Dataset[], models: Model[], uploads: Upload[]}} found */
function show({ datasets, models, uploads }) {
  showList(
    "#stored-datasets",
    datasets.map((dataset) => {
      const users = models.filter((model) => model.dataset === dataset.name).map(({ name }) => name);
      const usage = users.length ? `used by ${users.join(", ")}` : "";
      return [
        dataset,
        {
          kind: "dataset",
          path: "datasets",
          facts: [`${formatCount(dataset.num_samples)} samples`, describePages(dataset.mode), usage]
            .filter(Boolean)
            .join(" · "),
          text: "Its copy on the Hub stays, and so do models trained on it.",
          link: `${trainAddress}?dataset=${encodeURIComponent(dataset.name)}`,
        },
      ];
    }),
  );
  showList(
    "#stored-models",
    models.map((model) => [
      model,
      {
        kind: "model",
        path: "models",
        facts: model.base ? `From ${model.base}, on ${model.dataset}` : "",
        text: "Its checkpoints and curves are deleted too. Its copy on the Hub stays.",
      },
    ]),
  );
  showList(
    "#stored-uploads",
    uploads.map((upload) => [
      upload,
      { kind: "upload", path: "uploads", facts: "", text: "Datasets made from it stay." },
    ]),
  );
  const total = [...datasets, ...models, ...uploads].reduce((sum, stored) => sum + stored.size_bytes, 0);
  findElement("#stored-total").textContent = formatBytes(total);
}

const storedRequest = latest(
  async (signal) => {
    const [{ datasets }, { models }, { uploads }] = await Promise.all(
      ["/datasets", "/models", "/uploads"].map((path) => get(path, signal)),
    );
    return { datasets, models, uploads };
  },
  show,
  toastError,
);

const openByAddress = () => {
  if (location.hash !== "#stored") return;
  box.open = true;
  box.scrollIntoView();
};
box.addEventListener("toggle", () => box.open && void storedRequest.ask());
window.addEventListener("hashchange", openByAddress);
openByAddress();
