// The stored datasets, models and uploads: their sizes, and buttons to delete them.

import { storedAddress } from "./base/addresses.js";
import { get } from "./base/api.js";
import { findElement, makeElement } from "./base/dom.js";
import { formatBytes, formatCount } from "./base/format.js";
import { describePages } from "./base/page-modes.js";
import { latest } from "./base/latest.js";
import { redraw } from "./base/redraw.js";
import { deleteStored } from "./monitor/stored-actions.js";
import { makeStoredLinks } from "./monitor/stored-links.js";
import { toastError } from "./widgets/notify.js";

/** @typedef {import("./base/api-types.js").DatasetSummary} Dataset */
/** @typedef {import("./base/api-types.js").ModelSummary} Model */
/** @typedef {import("./base/api-types.js").Upload} Upload */
/** @typedef {(Dataset | Model | Upload) & {complete?: boolean, error?: {message: string} | null}} Stored */
/**
 * @typedef {{path: string, facts: string, link?: string}} Entry the texts of a row
 */

const box = /** @type {HTMLDetailsElement} */ (findElement("#stored"));
const trainAddress = findElement("#stored-datasets").dataset.train;

/** @param {Stored} stored @param {string} facts */
const describeState = ({ complete, error }, facts) =>
  error?.message ?? (complete === false ? `Not finished. ${facts}` : facts);

/** @param {Stored} stored @param {Entry} entry */
function drawRow(stored, { path, facts, link }) {
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
  remove.addEventListener("click", async () => {
    await deleteStored(path, name, size);
    void storedRequest.ask();
  });
  return makeElement(
    "li",
    { class: "stored__row" },
    makeElement(
      "div",
      {},
      makeElement(
        "div",
        { class: "stored__name" },
        path === "uploads" ? name : makeElement("a", { href: storedAddress(path, name) }, name),
      ),
      makeElement("div", { class: "muted small" }, describeState(stored, facts)),
    ),
    makeElement("span", { class: "numbers muted small" }, formatBytes(size)),
    path === "uploads"
      ? makeElement("span")
      : makeStoredLinks(name, { path, isComplete: Boolean(stored.complete), trainAddress: link }),
    remove,
  );
}

/** @param {string} id @param {[Stored, Entry][]} rows */
function showList(id, rows) {
  redraw(findElement(`${id} ul`), rows, () => rows.map(([stored, entry]) => drawRow(stored, entry)));
  findElement(`${id} .stored__none`).hidden = rows.length > 0;
}

/** @param {{name: string}[]} bases models to start from, which have pages too */
function showBases(bases) {
  const place = findElement("#stored-bases");
  place.hidden = false;
  redraw(place, bases, () => [
    makeElement("span", { class: "muted" }, "Base models:"),
    ...bases.map(({ name }) => makeElement("a", { href: storedAddress("models", name) }, name)),
  ]);
}

/** @param {{datasets: Dataset[], models: Model[], bases: {name: string}[], uploads: Upload[]}} found */
function show({ datasets, models, bases, uploads }) {
  showBases(bases);
  showList(
    "#stored-datasets",
    datasets.map((dataset) => {
      const users = models.filter((model) => model.dataset === dataset.name).map(({ name }) => name);
      const usage = users.length ? `used by ${users.join(", ")}` : "";
      return [
        dataset,
        {
          path: "datasets",
          facts: [`${formatCount(dataset.num_samples)} samples`, describePages(dataset.mode), usage]
            .filter(Boolean)
            .join(" · "),
          link: `${trainAddress}?dataset=${encodeURIComponent(dataset.name)}`,
        },
      ];
    }),
  );
  showList(
    "#stored-models",
    models.map((model) => [
      model,
      { path: "models", facts: model.base ? `From ${model.base}, on ${model.dataset}` : "" },
    ]),
  );
  showList(
    "#stored-uploads",
    uploads.map((upload) => [upload, { path: "uploads", facts: "" }]),
  );
  const total = [...datasets, ...models, ...uploads].reduce((sum, stored) => sum + stored.size_bytes, 0);
  findElement("#stored-total").textContent = formatBytes(total);
}

const storedRequest = latest(
  async (signal) => {
    const [{ datasets }, { models, bases }, { uploads }] = await Promise.all(
      ["/datasets", "/models", "/uploads"].map((path) => get(path, signal)),
    );
    return { datasets, models, bases, uploads };
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
