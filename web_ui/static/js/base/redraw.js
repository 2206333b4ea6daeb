// Redraws a part of the page after a poll without disturbing its user.

import { findElement, findElements } from "./dom.js";

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

const FOCUSABLE = "button:enabled, a[href], input, select, [tabindex]";

/**
 * Redraw an element only when its data has changed, so that focus, selection and a click in progress survive.
 * If the focus was inside, it moves to the new element at the same position, or to the heading; otherwise the
 * Tab key would start again at the top of the page.
 * @param {Element} place
 * @param {unknown} what its data, as plain values
 * @param {() => (string | Node)[]} draw
 */
export function redraw(place, what, draw) {
  const text = JSON.stringify(what);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  const held = findElements(FOCUSABLE, place).findIndex((element) => element === document.activeElement);
  place.replaceChildren(...draw());
  if (held >= 0) focusOn(place, held);
}

/** @param {Element} place @param {number} index of the element that had the focus */
function focusOn(place, index) {
  const left = findElements(FOCUSABLE, place);
  const heading = findElement("h1, h2, h3", place.closest("section:has(h1, h2, h3)") ?? document);
  if (left.length === 0) heading.tabIndex = -1;
  (left[index] ?? left.at(-1) ?? heading).focus();
}
