// Tells in every tab of the jobs that end after the tab was opened: a message, a mark, a notification.

import { humanizeName } from "../base/format.js";
import { announceResults } from "../base/new-results.js";
import { addUnread } from "../base/title.js";
import { notifyHidden } from "../widgets/notify-switch.js";
import { toast } from "../widgets/notify.js";
import { KIND_LABELS } from "./job-state.js";

/** @typedef {import("../base/api-types.js").Ending} Ending */

const STORAGE_KEY = "told-endings";
const MAX_KEPT = 200;
const MAX_MESSAGES = 3;
const jobsAddress = document.body.dataset.jobs ?? "/jobs";

/** A resumed job can end again. @param {Ending} ending */
const keyOf = ({ id, ended }) => `${id} ${ended}`;

/** @returns {{since: string, told: string[]}} `since`: when this tab was opened, by the service's clock */
const readTold = () =>
  JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null") ?? {
    since: document.body.dataset.opened ?? "",
    told: [],
  };

/** @param {ReturnType<typeof readTold>} told */
const writeTold = (told) => sessionStorage.setItem(STORAGE_KEY, JSON.stringify(told));

// at once, since the first answer may come much later: a hidden page asks nothing
writeTold(readTold());

/** @param {Ending} ending */
const describeEnding = ({ kind, title, state }) =>
  `${KIND_LABELS[kind] ?? humanizeName(kind)} ${title} ${state === "failed" ? "failed" : "is done"}.`;

/** @param {Ending} ending */
const toneOf = ({ state }) => (state === "failed" ? "bad" : "ok");

/** @type {Ending[]} told to nobody yet, since the page is hidden */
let unseen = [];

function showMessages() {
  if (document.hidden) return;
  const endings = unseen;
  unseen = [];
  if (endings.length <= MAX_MESSAGES) {
    for (const ending of endings)
      toast(describeEnding(ending), toneOf(ending), `${jobsAddress}/${ending.id}`);
    return;
  }
  const numFailed = endings.filter(({ state }) => state === "failed").length;
  toast(
    `${endings.length} jobs ended${numFailed ? `, ${numFailed} of them failed` : ""}.`,
    numFailed ? "bad" : "ok",
    jobsAddress,
  );
}

document.addEventListener("visibilitychange", showMessages);

/** Tell of the endings that this tab has not told yet. @param {Ending[]} endings the latest first */
export function tellEndings(endings) {
  const { since, told } = readTold();
  const fresh = endings
    .filter((ending) => Date.parse(ending.ended) > Date.parse(since) && !told.includes(keyOf(ending)))
    .reverse();
  if (!fresh.length) return;
  announceResults();
  writeTold({ since, told: [...told, ...fresh.map(keyOf)].slice(-MAX_KEPT) });
  addUnread(fresh.length);
  for (const ending of fresh)
    notifyHidden({
      title: describeEnding(ending),
      body: "Press to open the job.",
      tag: keyOf(ending),
      href: `${jobsAddress}/${ending.id}`,
    });
  // the page of a job shows its end itself
  unseen.push(...fresh.filter(({ id }) => id !== document.body.dataset.job));
  showMessages();
}
