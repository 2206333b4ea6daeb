// The page Experiments: trainings and evaluations as a table. The address holds columns, order, filters and
// ticks, so that a refresh, a link and the back button keep them.

import { get, withQuery } from "./base/api.js";
import { debounce } from "./base/debounce.js";
import { findElement, findInput, makeElement } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { annotate, editAnnotations } from "./experiments/annotation-dialog.js";
import { COLUMNS, findColumn, NAME_COLUMN, shownColumns } from "./experiments/columns.js";
import { ExperimentTable } from "./experiments/experiment-table.js";
import * as tableQuery from "./experiments/table-query.js";
import { ACTIVE_STATES } from "./monitor/job-state.js";
import { toastError } from "./widgets/notify.js";

/** @typedef {import("./base/api-types.js").Experiment} Experiment */
/** @typedef {import("./base/api-types.js").Annotations} Annotations */
/** @typedef {import("./experiments/table-query.js").TableQuery} TableQuery */

const TEXT_FILTERS = /** @type {const} */ (["search", "kind", "state", "tag"]);
const filters = findElement("#experiment-filters");
let query = tableQuery.readTableQuery(new URLSearchParams(location.search));
let revision = "";
/** @type {Map<string, Experiment>} */
const experiments = new Map();
const table = new ExperimentTable(findElement("#experiment-table"), {
  sort: ({ id, isNumber }) =>
    change({ sort: id, isDescending: query.sort === id ? !query.isDescending : Boolean(isNumber) }, true),
  star: ({ id, annotations }) => save(id, { is_starred: !annotations.is_starred }),
  edit: (experiment) => editAnnotations(experiment, (annotations) => keep(experiment.id, annotations)),
  chooseTag: (tag) => change({ tag: query.tag === tag ? "" : tag }, true),
});

/** @returns {Promise<boolean>} whether one of the experiments is active */
async function refresh() {
  /** @type {import("./base/api-types.js").ExperimentList} */
  const answer = await get(withQuery("/experiments", { known: revision }));
  revision = answer.revision;
  if (answer.is_whole) experiments.clear();
  for (const experiment of answer.experiments) experiments.set(experiment.id, experiment);
  if (answer.is_whole || answer.experiments.length) show();
  return [...experiments.values()].some(({ state }) => ACTIVE_STATES.has(state));
}

function show() {
  const all = [...experiments.values()];
  const column = findColumn(query.sort) ?? NAME_COLUMN;
  const found = tableQuery.filterExperiments(all, query);
  table.show(tableQuery.sortExperiments(found, column, query.isDescending), query);
  const tags = [...new Set(all.flatMap(({ annotations }) => annotations.tags))].sort();
  redraw(findElement('[name="tag"]', filters), [tags, query.tag], () =>
    ["", ...tags].map((tag) =>
      makeElement("option", { value: tag, selected: tag === query.tag }, tag || "All tags"),
    ),
  );
  const counts = found.length === all.length ? [all.length] : [found.length, all.length];
  findElement("#experiments-count").textContent =
    `${counts.map((number) => number.toLocaleString("en")).join(" of ")} experiments`;
  findElement("#experiments-empty").hidden = all.length > 0;
  findElement("#experiments-none").hidden = all.length === 0 || found.length > 0;
  for (const part of [filters, findElement("#experiments-tools")]) part.hidden = all.length === 0;
  findElement("#experiment-table").hidden = found.length === 0;
  findElement("#experiment-table").removeAttribute("aria-busy");
  showCompared();
}

function showCompared() {
  const number = query.compared.length;
  const link = findElement("#compare-link");
  link.hidden = number < 2;
  link.textContent = `Compare ${number}`;
  const jobs = new URLSearchParams(query.compared.map((id) => ["job", id]));
  link.setAttribute("href", `${link.dataset.address}?${jobs}`);
  findElement("#compare-clear").hidden = number === 0;
  findElement("#compare-hint").hidden = number >= 2;
}

/** @param {Partial<TableQuery>} changes @param {boolean} [isStep] whether the back button takes it back */
function change(changes, isStep = false) {
  query = { ...query, ...changes };
  if (isStep) writeAddress("pushState");
  else if ("search" in changes) writeAddressSoon();
  else writeAddress("replaceState");
  showControls();
  show();
}

/** @param {"pushState" | "replaceState"} way */
function writeAddress(way) {
  const address = tableQuery.writeTableQuery(query);
  history[way](null, "", address.size ? `?${address}` : location.pathname);
}
/** Browsers refuse an address that changes with each key. */
const writeAddressSoon = debounce(() => writeAddress("replaceState"), 200);

function showControls() {
  for (const name of TEXT_FILTERS) {
    const field = findInput(`[name="${name}"]`, filters);
    if (field.value.trim() !== query[name]) field.value = query[name];
  }
  findInput('[name="starred"]', filters).checked = query.isStarred;
  const shown = shownColumns(query.columns);
  redraw(findElement("#column-choices"), [shown.map(({ id }) => id)], () =>
    COLUMNS.map((column) => {
      const box = makeElement("input", { type: "checkbox", checked: shown.includes(column) });
      box.addEventListener("change", () =>
        change({
          columns: COLUMNS.filter((one) => shown.includes(one) !== (one === column)).map(({ id }) => id),
        }),
      );
      return makeElement("label", { class: "check", title: column.note }, box, column.title);
    }),
  );
}

/** @param {string} id @param {Annotations} annotations */
function keep(id, annotations) {
  const known = experiments.get(id);
  if (known) experiments.set(id, { ...known, annotations });
  show();
}

/** @param {string} id @param {Partial<Annotations>} changes */
async function save(id, changes) {
  try {
    keep(id, await annotate(id, changes));
  } catch (error) {
    toastError(error);
  }
}

filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", (event) => {
  const { name, value, checked } = /** @type {HTMLInputElement} */ (event.target);
  change(name === "starred" ? { isStarred: checked } : { [name]: value.trim() });
});
table.body.addEventListener("change", (event) => {
  const { value: id, checked } = /** @type {HTMLInputElement} */ (event.target);
  change({ compared: checked ? [...query.compared, id] : query.compared.filter((other) => other !== id) });
});
findElement("#compare-clear").addEventListener("click", () => change({ compared: [] }));
findElement("#columns-usual").addEventListener("click", () => change({ columns: null }));
window.addEventListener("popstate", () => {
  query = tableQuery.readTableQuery(new URLSearchParams(location.search));
  showControls();
  show();
});

showControls();
poll(refresh, { fastMs: 3000, slowMs: 30000 });
