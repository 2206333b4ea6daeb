// The paired differences of a comparison: each job against the baseline, as a sentence and as an interval.

import { makeElement, makeShape } from "../base/dom.js";
import { formatCount, formatPoints } from "../base/format.js";
import { makeSwatch } from "./compared-jobs.js";

/** @typedef {import("../base/api-types.js").DifferenceList} DifferenceList */
/** @typedef {import("../base/api-types.js").PairedDifference} PairedDifference */

/** @type {Record<PairedDifference["relation"], [string, string]>} words and tone of their badge */
const RELATIONS = {
  above: ["Higher", "ok"],
  below: ["Lower", "bad"],
  not_shown: ["No difference shown", "plain"],
  too_few: ["Too few common samples", "warn"],
};

/**
 * @param {DifferenceList} list
 * @param {string[]} ids of the compared jobs
 * @param {string[]} names
 */
export function makeDifferences({ baseline, differences }, ids, names) {
  if (!differences.length)
    return [makeElement("p", { class: "muted" }, "No other job was scored on the samples of the baseline.")];
  const widest = Math.max(
    ...differences.flatMap(({ rouge_l: { low, high } }) => [Math.abs(low ?? 0), Math.abs(high ?? 0)]),
    0.01,
  );
  const rows = differences.map(({ job, rouge_l: found }) =>
    makeRow(names[ids.indexOf(job)], ids.indexOf(job), found, widest),
  );
  return [
    makeElement("ul", { class: "differences" }, ...rows),
    makeElement(
      "p",
      { class: "muted small" },
      `Mean difference in ROUGE-L (0 to 100) to ${names[ids.indexOf(baseline)]}, with its 95% interval by paired bootstrap over the samples of both. An interval that contains 0 shows no difference.`,
    ),
  ];
}

/** @param {string} name @param {number} index @param {PairedDifference} found @param {number} widest */
function makeRow(name, index, found, widest) {
  const [words, tone] = RELATIONS[found.relation];
  const { difference, low, high } = found;
  const numbers =
    difference === null || low === null || high === null
      ? [makeElement("span", { class: "muted" }, "no common samples")]
      : [
          makeElement("strong", {}, formatPoints(difference)),
          makeElement("span", { class: "muted" }, ` ${formatPoints(low)} to ${formatPoints(high)}`),
        ];
  return makeElement(
    "li",
    {},
    makeSwatch(name, index),
    makeElement("span", { class: `badge badge--${tone}` }, words),
    difference === null || low === null || high === null ? null : makeTrack(difference, low, high, widest),
    makeElement("span", { class: "numbers nowrap" }, ...numbers),
    makeElement("span", { class: "muted small numbers" }, describeSamples(found)),
  );
}

/** @param {PairedDifference} found */
const describeSamples = ({ num_samples: number, won, lost }) =>
  number && won !== null && lost !== null
    ? `${formatCount(number)} common samples: higher on ${Math.round(won * 100)}%, lower on ${Math.round(lost * 100)}%`
    : "";

/** Draw an interval around 0; the numbers beside it say the same. @param {number} mean @param {number} low @param {number} high @param {number} widest */
function makeTrack(mean, low, high, widest) {
  const at = (/** @type {number} */ value) => `${(50 + (value / widest) * 48).toFixed(1)}%`;
  const track = makeShape("svg", { class: "differences__track", "aria-hidden": "true" });
  track.append(
    makeShape("line", { class: "differences__zero", x1: "50%", x2: "50%", y1: 0, y2: "100%" }),
    makeShape("line", { class: "differences__interval", x1: at(low), x2: at(high), y1: "50%", y2: "50%" }),
    makeShape("circle", { class: "differences__mean", cx: at(mean), cy: "50%", r: 4 }),
  );
  return track;
}
