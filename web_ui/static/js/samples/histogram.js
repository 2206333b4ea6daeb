// The distribution of the scores as bars; each bar selects its samples.

import { makeElement } from "../base/dom.js";

/**
 * @param {number[]} counts samples by ROUGE-L in equal steps from 0 to 100
 * @param {[number, number] | null} chosen first and last chosen bar
 * @param {(bins: [number, number] | null) => void} choose
 */
export function makeHistogram(counts, chosen, choose) {
  const most = Math.max(...counts, 1);
  const step = 100 / counts.length;
  const bars = counts.map((count, number) => {
    const isChosen = chosen !== null && chosen[0] <= number && number <= chosen[1];
    const range = `${number * step} to ${(number + 1) * step}`;
    const bar = makeElement(
      "button",
      {
        type: "button",
        class: "histogram__bar",
        "aria-pressed": String(isChosen),
        "aria-label": `ROUGE-L ${range}: ${count.toLocaleString("en")} samples`,
        title: `${range}: ${count.toLocaleString("en")}`,
        disabled: count === 0 && !isChosen,
      },
      makeElement("span", {}),
    );
    bar.style.setProperty("--height", `${(count / most) * 100}%`);
    bar.addEventListener("click", (event) => choose(nextChoice(chosen, number, isChosen, event.shiftKey)));
    return bar;
  });
  return makeElement(
    "figure",
    { class: "histogram" },
    makeElement(
      "div",
      { class: "histogram__bars", role: "group", "aria-label": "Samples by ROUGE-L" },
      ...bars,
    ),
    makeElement(
      "figcaption",
      { class: "histogram__axis muted small" },
      makeElement("span", {}, "0"),
      makeElement("span", {}, "ROUGE-L of each sample"),
      makeElement("span", {}, "100"),
    ),
  );
}

/**
 * A press chooses one bar, or none if it was the chosen one; with Shift, all up to it.
 * @param {[number, number] | null} chosen
 * @param {number} number
 * @param {boolean} isChosen
 * @param {boolean} isExtended
 * @returns {[number, number] | null}
 */
function nextChoice(chosen, number, isChosen, isExtended) {
  if (chosen && isExtended) return [Math.min(chosen[0], number), Math.max(chosen[1], number)];
  const isOnly = isChosen && chosen !== null && chosen[0] === chosen[1];
  return isOnly ? null : [number, number];
}
