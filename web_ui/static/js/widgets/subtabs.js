// Tabs inside a page, after the ARIA pattern: arrow keys move between them, the address holds the open tab
// after '#'.

import { findElement, findElements } from "../base/dom.js";

/**
 * @param {HTMLElement} bar role="tablist"; each tab's aria-controls names its panel
 * @param {(name: string) => void} onOpen
 * @returns {{update: () => void}} call `update` after a tab was shown or hidden
 */
export function showSubtabs(bar, onOpen) {
  const tabs = () => findElements('[role="tab"]', bar).filter((tab) => !tab.hidden);
  const nameOf = (/** @type {HTMLElement} */ tab) =>
    (tab.getAttribute("aria-controls") ?? "").replace("panel-", "");

  /** @param {HTMLElement} chosen */
  function open(chosen) {
    for (const tab of findElements('[role="tab"]', bar)) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      findElement(`#${tab.getAttribute("aria-controls")}`).hidden = tab !== chosen;
    }
    onOpen(nameOf(chosen));
  }
  const isOpen = (/** @type {HTMLElement} */ tab) => tab.ariaSelected === "true";
  // Not every '#' names a tab: "Skip to the content" links to #main.
  const addressedTab = () =>
    tabs().find((tab) => `#${nameOf(tab)}` === location.hash) ?? tabs().find(isOpen) ?? tabs()[0];
  function update() {
    if (!isOpen(addressedTab())) open(addressedTab());
  }

  bar.addEventListener("click", (event) => {
    const tab = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest('[role="tab"]')
    );
    if (!tab) return;
    history.replaceState(null, "", `#${nameOf(tab)}`);
    open(tab);
  });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const shown = tabs();
    const next =
      shown[
        (shown.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step + shown.length) %
          shown.length
      ];
    next.focus();
    next.click();
  });
  window.addEventListener("hashchange", update);
  update();
  return { update };
}
