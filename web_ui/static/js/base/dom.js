// Typed functions to find and make elements. Text is always inserted as text, never as HTML.

/**
 * Find one element that must exist.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function findElement(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Find every element that matches.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export const findElements = (selector, root = document) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/**
 * Find one input, select or textarea.
 * @param {string} selector
 * @param {ParentNode} [root]
 */
export const findInput = (selector, root = document) =>
  /** @type {HTMLInputElement} */ (findElement(selector, root));

/**
 * Set the value of an input, with the events of typing.
 * @param {HTMLInputElement} input
 * @param {string} value
 */
export function setInputValue(input, value) {
  input.value = value;
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
}

/**
 * Copy the only child of a <template>.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function cloneTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (findElement(`template#${id}`));
  return /** @type {HTMLElement} */ (
    /** @type {Element} */ (template.content.firstElementChild).cloneNode(true)
  );
}

/**
 * Put texts into the elements marked data-slot="name"; an empty text hides its element.
 * @param {ParentNode} root
 * @param {Record<string, string | number | null | undefined>} texts
 */
export function fillSlots(root, texts) {
  for (const [name, value] of Object.entries(texts)) {
    const slot = findElement(`[data-slot="${name}"]`, root);
    const text = value === null || value === undefined ? "" : String(value);
    if (slot.textContent !== text) slot.textContent = text;
    slot.hidden = text === "";
  }
}

/**
 * Make an element: attributes by name (null and false: left out), children as text or elements.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 * @param {...(string | Node | null | undefined)} children
 * @returns {HTMLElement}
 */
export function makeElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Make a table. It scrolls horizontally where it is wider than its container.
 * @param {string} label name of the table for screen readers
 * @param {(string | Node)[]} head names of the columns; empty: no header row
 * @param {(string | Node)[][]} rows each with its name first, then its cells
 * @param {string} [cellClass] class of the cells
 */
export function makeTable(label, head, rows, cellClass = "numbers") {
  const names = makeElement(
    "tr",
    {},
    ...head.map((cell, columnIndex) =>
      makeElement("th", { scope: "col", class: columnIndex ? cellClass : null }, cell),
    ),
  );
  const lines = rows.map(([name, ...cells]) =>
    makeElement(
      "tr",
      {},
      makeElement("th", { scope: "row" }, name),
      ...cells.map((cell) => makeElement("td", { class: cellClass }, cell)),
    ),
  );
  return makeElement(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": label },
    makeElement(
      "table",
      {},
      head.length ? makeElement("thead", {}, names) : null,
      makeElement("tbody", {}, ...lines),
    ),
  );
}

/** Make a number with its name, for a <dl class="figures">. @param {string} name @param {string} value */
export const makeFigure = (name, value) =>
  makeElement("div", { class: "figure" }, makeElement("dt", {}, name), makeElement("dd", {}, value));

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
export function makeShape(tag, attributes, text = "") {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
  shape.textContent = text;
  return shape;
}

/**
 * Make an icon.
 * @param {string} name id of its symbol in the page
 */
export function makeIcon(name) {
  const svg = makeShape("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(makeShape("use", { href: `#${name}` }));
  return svg;
}
