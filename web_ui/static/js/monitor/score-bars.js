// Scores as bars with their intervals. The bars repeat the numbers beside them, so they are hidden from
// screen readers.

import { makeElement, makeShape } from "../base/dom.js";
import { formatCount, humanizeName } from "../base/format.js";

/** @typedef {import("../base/api-types.js").ModelVerdict} Verdict */
/** @typedef {Verdict["bars"][number]} Bar */

const SCALES = [0.25, 0.5, 1];
/** @type {Record<string, string>} */
const LEAD_LABELS = { "lead-1": "First sentence", "lead-3": "First three sentences" };

/** @param {Verdict} verdict @returns {Node[]} */
export function makeScoreBars({ metric, num_samples: numSamples, confidence, bars }) {
  if (!bars.length) return [];
  const most = Math.max(...bars.map(({ high }) => high));
  const scale = SCALES.find((end) => most <= end) ?? 1;
  const level = `${Math.round(confidence * 100)}%`;
  return [
    makeElement(
      "figure",
      { class: "score-bars" },
      makeElement(
        "figcaption",
        {},
        makeElement("strong", {}, humanizeName(metric)),
        makeElement(
          "span",
          { class: "muted small" },
          ` of ${formatCount(numSamples)} samples, with ${level} intervals`,
        ),
      ),
      makeElement("ul", {}, ...bars.map((bar) => makeRow(bar, scale))),
      makeAxis(scale),
    ),
  ];
}

/** @param {Bar} bar @param {number} scale highest score that fits */
function makeRow({ name, kind, score, low, high }, scale) {
  const lead = LEAD_LABELS[name];
  return makeElement(
    "li",
    { class: `score-bar score-bar--${kind.replace("_", "-")}` },
    makeElement(
      "span",
      { class: "score-bar__name" },
      lead ?? name,
      lead ? makeElement("span", { class: "muted" }, ` ${name}`) : null,
    ),
    makeTrack(score / scale, low / scale, high / scale),
    makeElement(
      "span",
      { class: "score-bar__value numbers" },
      makeElement("strong", {}, shown(score)),
      makeElement("span", { class: "muted" }, ` ${shown(low)} to ${shown(high)}`),
    ),
  );
}

/** @param {number} fraction */
const shown = (fraction) => (fraction * 100).toFixed(1);

/** @param {number} share */
const atX = (share) => `${(share * 100).toFixed(2)}%`;

/** @param {number} score @param {number} low @param {number} high each as a share of the track */
function makeTrack(score, low, high) {
  const track = makeShape("svg", { class: "score-bar__track", "aria-hidden": "true" });
  track.append(
    makeShape("rect", { class: "score-bar__back", width: "100%", height: "100%", rx: 4 }),
    makeShape("rect", { class: "score-bar__fill", width: atX(score), height: "100%", rx: 4 }),
    makeInterval("score-bar__halo", low, high),
    makeInterval("score-bar__interval", low, high),
  );
  return track;
}

/** @param {string} name @param {number} low @param {number} high */
function makeInterval(name, low, high) {
  const interval = makeShape("g", { class: name });
  for (const [from, to, inset] of [
    [low, high, 50],
    [low, low, 22],
    [high, high, 22],
  ])
    interval.append(
      makeShape("line", { x1: atX(from), x2: atX(to), y1: `${inset}%`, y2: `${100 - inset}%` }),
    );
  return interval;
}

/** @param {number} scale */
function makeAxis(scale) {
  const axis = makeShape("svg", { class: "score-bars__axis", "aria-hidden": "true" });
  const ends = { 0: "start", 1: "end" };
  for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    const anchor = ends[/** @type {0 | 1} */ (share)] ?? "middle";
    axis.append(makeShape("text", { x: atX(share), y: 12, "text-anchor": anchor }, `${share * scale * 100}`));
  }
  return makeElement("div", { class: "score-bars__scale" }, axis);
}
