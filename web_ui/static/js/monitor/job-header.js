// The header of a job's page: title, state, progress, actions and error.

import { changesAddress, playgroundAddress } from "../base/addresses.js";
import { get, withQuery } from "../base/api.js";
import { fillSlots, findElement, makeElement, makeFigure, makeIcon } from "../base/dom.js";
import { formatAge, formatCount, formatDuration, formatTime, humanizeName } from "../base/format.js";
import { redraw } from "../base/redraw.js";
import { setTitle } from "../base/title.js";
import { replacePaths } from "../forms/labels.js";
import { openChangeForm } from "./change-form.js";
import { ACTIONS, actionLabel, performAction, possibleActions } from "./job-actions.js";
import { showProgress } from "./job-row.js";
import { deviceHolders, makeStepBackButton } from "./step-back.js";
import { KIND_LABELS, displayedState, progressPercent } from "./job-state.js";
import { showPosition } from "./retry-countdown.js";
import { showState } from "./state-pill.js";

/** @typedef {import("./job-state.js").Job} Job */

const TAIL_BYTES = 1 << 14;

/** @param {Job} current @param {() => void} onRetry called when a job that stopped unexpectedly is tried again */
export function showHeader(current, onRetry) {
  const { kind, title, progress, created, started, ended, run_s: ranS } = current;
  const at = (/** @type {string} */ time) => formatTime(new Date(time));
  redraw(findElement("h1"), title, () => [title]);
  setTitle(`${[progressPercent(current), title].filter(Boolean).join(" ")} · DeepSynth`);
  showState(findElement("#job-head .state-pill"), current);
  fillSlots(findElement("#job-head"), {
    secondary: [
      KIND_LABELS[kind] ?? humanizeName(kind),
      started ? `started ${at(started)}` : `queued ${at(created)}`,
      ended ? `ended ${formatAge(ended)}` : "",
      ended && ranS ? `ran ${formatDuration(ranS)}` : "",
      current.attempts > 1 ? `attempt ${current.attempts}` : "",
      current.id,
    ]
      .filter(Boolean)
      .join(" · "),
    percent: progressPercent(current),
  });
  showPosition(findElement("#job-head"), current, onRetry);
  showProgress(findElement("#job-head .bar"), current);
  const counts = Object.entries((current.result ? null : progress?.counts) ?? {});
  redraw(findElement("#job-counts"), counts, () =>
    counts.map(([name, value]) => makeFigure(humanizeName(name), formatCount(value))),
  );
}

/** @param {Job} current @param {() => void} onChange called after an action, unless the job was deleted */
export function showActions(current, onChange) {
  const actions = possibleActions(current);
  const holders = deviceHolders(current);
  redraw(findElement("#job-actions"), [actions, holders, current.state], () => [
    ...holders.map((holder) => makeStepBackButton(holder, onChange)),
    ...(current.kind === "warm_model" && current.state === "running"
      ? [
          makeElement(
            "a",
            { class: "button button--primary", href: playgroundAddress(current.config.model) },
            "Ask it",
          ),
        ]
      : []),
    ...actions.map((action) => {
      const isDestructive = action === "cancel" || action === "delete";
      const button = makeElement(
        "button",
        {
          type: "button",
          class: `button${isDestructive ? " button--danger" : action === "resume" ? " button--primary" : ""}`,
          "data-action": action,
        },
        makeIcon(ACTIONS[action].icon),
        actionLabel(current, action),
      );
      button.addEventListener("click", async () => {
        if (!(await performAction(current, action))) return;
        if (action === "delete") location.assign(document.body.dataset.jobs ?? "/jobs");
        else onChange();
      });
      return button;
    }),
    ...(actions.includes("again") ? makeChangeLinks(current) : []),
  ]);
}

/** A link to the form with the settings of a job: the one of its kind, or the one beside its settings. @param {Job} job */
function makeChangeLinks(job) {
  const address = changesAddress(job);
  const link = makeElement("a", { class: "button", href: address ?? "#settings" }, "Run again with changes");
  if (!address) link.addEventListener("click", () => openChangeForm());
  return [link];
}

/** @param {Job} current @param {Record<string, string>} labels of its settings, by their paths */
export async function showJobError(current, labels) {
  const { error, ended } = current;
  const container = findElement("#job-error");
  container.hidden = displayedState(current) !== "failed" || !error;
  if (container.hidden || !error || container.dataset.ended === ended) return;
  fillSlots(container, {
    message: replacePaths(error.message, labels),
    hint: replacePaths(error.hint, labels),
    tail: "",
  });
  const { text } = await get(withQuery(`/jobs/${current.id}/log`, { offset: -TAIL_BYTES }));
  fillSlots(container, { tail: text.trim().split("\n").slice(-8).join("\n") });
  container.dataset.ended = ended ?? "";
}
