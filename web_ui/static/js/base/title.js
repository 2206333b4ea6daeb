// The title and the icon of the browser tab, with a mark while the tab is hidden and something has ended.

import { findElement } from "./dom.js";

const icon = /** @type {HTMLLinkElement} */ (findElement('link[rel="icon"]'));
const plainIcon = icon.href;
let title = document.title;
let numUnread = 0;

function show() {
  document.title = numUnread ? `(${numUnread}) ${title}` : title;
  const address = (numUnread && icon.dataset.unread) || plainIcon;
  if (icon.getAttribute("href") !== address) icon.href = address;
}

/** Give the page another title. @param {string} text without the mark */
export function setTitle(text) {
  title = text;
  show();
}

/** Count what ended while nobody looked; a page in view gets no mark. @param {number} count */
export function addUnread(count) {
  if (!document.hidden) return;
  numUnread += count;
  show();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  numUnread = 0;
  show();
});
