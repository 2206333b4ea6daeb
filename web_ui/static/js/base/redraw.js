// Draws what a poll brings, and leaves whoever uses the page where they are.

import { findElement, findElements } from "./dom.js";

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

const FOCUSABLE = "button:enabled, a[href], input, select, [tabindex]";

/**
 * Draw a place again only when what it shows has changed: focus, a selection and a click under way survive each poll.
 * Where the focus was inside, it goes to what stands there now, or to the heading: from <body>, Tab would begin at the top of the page.
 * @param {Element} place
 * @param {unknown} what it shows, as plain data
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

/** @param {Element} place @param {number} index of what was focused in it */
function focusOn(place, index) {
  const left = findElements(FOCUSABLE, place);
  const heading = findElement("h1, h2, h3", place.closest("section:has(h1, h2, h3)") ?? document);
  if (left.length === 0) heading.tabIndex = -1;
  (left[index] ?? left.at(-1) ?? heading).focus();
}
