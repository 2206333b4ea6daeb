// The page of a stored dataset or model, or of a base model: card, samples, files, use, publication.

import { jobAddress } from "./base/addresses.js";
import { ApiError, get, withQuery } from "./base/api.js";
import { findElement, makeElement } from "./base/dom.js";
import { formatBytes, formatTime } from "./base/format.js";
import { onNewResults } from "./base/new-results.js";
import { redraw } from "./base/redraw.js";
import { makeFileTree } from "./monitor/file-tree.js";
import { showLineage } from "./monitor/lineage.js";
import { fillPublishForm } from "./monitor/publish-form.js";
import { makeStoredActions } from "./monitor/stored-actions.js";
import { SamplesViewer } from "./samples/samples-viewer.js";
import { showSubtabs } from "./widgets/subtabs.js";

/** @typedef {import("./base/api-types.js").StoredCard} Card */
/** @typedef {import("./base/api-types.js").JobAnswer} Job */

/** What a card says to the Hub, before its text. */
const METADATA = /^---\n[^]*?\n---\s*/;
const page = findElement("#stored-page");
const { collection = "", name = "" } = page.dataset;
const path = `/stored/${collection}/${encodeURIComponent(name)}`;
const from = new URLSearchParams(location.search).get("from");
/** The form of each tab is filled once. @type {Set<string>} */
const filledTabs = new Set();
/** @type {Job | null} the job whose settings the forms start from */
let earlier = null;

/** @param {string} title of the base model @param {Card | null} card null: a base model */
function showHead(title, card) {
  findElement("#stored-facts").textContent = card
    ? [
        card.complete ? "" : "Not finished",
        formatBytes(card.size_bytes),
        `written ${formatTime(new Date(card.modified))}`,
      ]
        .filter(Boolean)
        .join(" · ")
    : `Base model. ${title}`;
  redraw(findElement("#stored-actions"), card, () => makeStoredActions(collection, name, card));
  findElement("#stored-card").hidden = !card?.card;
  findElement("#stored-card pre").textContent = (card?.card ?? "").replace(METADATA, "");
  const isUsable = !card || card.complete;
  const shown = {
    samples: Boolean(card?.complete),
    files: card !== null,
    use: collection === "models" && isUsable,
    publish: Boolean(card?.complete),
  };
  for (const [tab, isShown] of Object.entries(shown)) findElement(`#tab-${tab}`).hidden = !isShown;
  page.hidden = false;
  subtabs.update();
}

/** @param {string | null} id of the job that made it; null: a command, or the job was deleted */
function showJob(id) {
  redraw(findElement("#stored-job"), id, () =>
    id ? [makeElement("a", { href: jobAddress(id) }, "Its job")] : [],
  );
}

async function showVerdict() {
  const { verdict } = await get(`/models/${encodeURIComponent(name)}`);
  const place = findElement("#stored-verdict");
  place.hidden = !verdict;
  redraw(place, verdict, () =>
    verdict ? [makeElement("strong", {}, `${verdict.title}: `), verdict.sentence] : [],
  );
}

/** Return the title of a base model; undefined: there is none of that name. */
async function readBaseTitle() {
  if (collection !== "models") return undefined;
  /** @type {import("./base/api-types.js").ModelList} */
  const { bases } = await get("/models");
  const unpinned = name.includes("/") ? "A repository on the Hub." : undefined;
  return bases.find((base) => base.name === name)?.title ?? unpinned;
}

async function refresh() {
  try {
    const title = await readBaseTitle();
    const card = title === undefined ? /** @type {Card} */ (await get(path)) : null;
    earlier ??= from ? await get(`/jobs/${encodeURIComponent(from)}`) : null;
    showHead(title ?? "", card);
    /** @type {import("./base/api-types.js").Lineage} */
    const lineage = await get(withQuery("/lineage", { collection, name }));
    showLineage(findElement("#stored-lineage"), lineage, { isOfJob: false });
    showJob(lineage.result?.job_id ?? null);
    if (card && collection === "models") await showVerdict();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    page.hidden = true;
    findElement("#stored-missing").hidden = false;
    findElement("#stored-missing p").textContent = `${error.message} ${error.hint}`;
  }
}

/** Fill the tab that opens. @type {Record<string, () => Promise<unknown> | void>} */
const FILLERS = {
  samples: () =>
    new SamplesViewer(findElement("#panel-samples"), {
      collection,
      name,
      order: collection === "models" ? "worst" : "position",
    }).load(),
  files: async () => {
    const { files } = await get(`${path}/files`);
    findElement("#panel-files").replaceChildren(makeFileTree(findElement("#panel-files"), files));
  },
  use: async () => {
    const { showModelForms } = await import("./monitor/use-model.js");
    const { model = name, revision, dataset } = earlier?.config ?? {};
    await showModelForms({ model, revision }, dataset, earlier);
  },
  publish: () => fillPublishForm(collection, name, earlier),
};

const subtabs = showSubtabs(findElement("#stored-subtabs"), (tab) => {
  if (filledTabs.has(tab) || page.hidden) return;
  filledTabs.add(tab);
  void FILLERS[tab]?.();
});
onNewResults(() => void refresh());
void refresh();
