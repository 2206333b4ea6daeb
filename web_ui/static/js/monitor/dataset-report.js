// The report on a finished dataset, made on request: first the compression of all pages, then the legibility
// of some, beside what models read of them.

import { ApiError, REQUEST_TIMEOUT_MS, get } from "../base/api.js";
import { makeElement, makeFigure, makeTable } from "../base/dom.js";
import { formatCompression, formatCount, formatErrorRate, formatNumber } from "../base/format.js";
import { onPress, setResting } from "../base/resting.js";
import { makeReadingForm } from "./reading-form.js";
import { makeRate } from "./reading.js";

/** @typedef {import("../base/api-types.js").ModelReading} ModelReading */

/** @param {string} name of the dataset @param {string} model that may read its pages @returns {HTMLElement} */
export function makeReportSection(name, model) {
  const button = makeElement("button", { type: "button", class: "button button--small" }, "Make a report");
  const container = makeElement("div", { class: "stack", "aria-live": "polite" });
  onPress(button, () => void showReport(`/datasets/${encodeURIComponent(name)}/report`, button, container));
  return makeElement(
    "section",
    { class: "stack-s", "aria-label": "Report" },
    makeElement("div", { class: "row row--apart" }, makeElement("h2", {}, "Report"), button),
    makeElement(
      "p",
      { class: "muted small" },
      "How much the pages compress the texts, and how many characters an OCR program and models misread on some pages.",
    ),
    container,
    makeReadingForm(name, model),
  );
}

/** @param {string} path @param {HTMLElement} button @param {HTMLElement} container */
async function showReport(path, button, container) {
  setResting(button, true);
  container.replaceChildren(makeElement("p", { class: "muted" }, "Counting…"));
  const ocrCells = [makeElement("span", {}, "–"), makeElement("span", {}, "Reading…")];
  try {
    const { compression: measures, readings } = await get(
      `${path}?num_documents=0`,
      AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    );
    container.replaceChildren(
      makeFigures(measures),
      makeRatioTable(measures.page_ratio),
      makeDensestPagesTable(measures.densest_pages),
      makeReaderTable(ocrCells, readings),
    );
    const { legibility } = await get(path, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    ocrCells[0].textContent = formatCount(legibility.num_pages);
    ocrCells[1].textContent = formatErrorRate(legibility.character_error_rate);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (ocrCells[1].isConnected) ocrCells[1].textContent = "–";
    else container.replaceChildren();
    container.prepend(makeElement("p", { class: "notice notice--warn" }, `${error.message} ${error.hint}`));
  }
  setResting(button, false);
}

/** @param {any} measures */
function makeFigures(measures) {
  const { font_size_px: usual, smallest_font_size_px: smallest } = measures;
  const numbers = {
    Pages: formatCount(measures.num_pages),
    Compression: formatCompression(measures.compression_ratio),
    "Pages over budget": formatCount(measures.num_pages_over_budget),
    "Pages cut off": formatCount(measures.num_pages_truncated),
    "Font size":
      smallest === usual
        ? `${formatNumber(usual)} px`
        : `${formatNumber(usual)} px, ${formatNumber(smallest)} px at least`,
  };
  return makeElement(
    "dl",
    { class: "figures" },
    ...Object.entries(numbers).map(([name, value]) => makeFigure(name, value)),
  );
}

/**
 * How an OCR program and models read the pages, beside each other.
 * @param {HTMLElement[]} ocrCells pages and error rate of the OCR program, filled later
 * @param {ModelReading[]} readings
 */
const makeReaderTable = (ocrCells, readings) =>
  makeTable(
    "Readers",
    ["Reader", "Pages", "Character errors"],
    [
      ["tesseract, an OCR program", ...ocrCells],
      ...readings.map((reading) => [
        `${reading.model} on ${reading.split}${reading.blank_pages ? ", blank pages" : ""}`,
        formatCount(reading.num_pages),
        makeRate(reading),
      ]),
    ],
  );

/** @param {Record<string, number>} ratios percentile (p50) -> text tokens per vision token */
const makeRatioTable = (ratios) =>
  makeTable(
    "Compression",
    ["Share of pages", "Text tokens per vision token, at most"],
    Object.entries(ratios).map(([name, ratio]) => [`${name.slice(1)}%`, ratio.toFixed(1)]),
  );

/**
 * @param {{document_id: string, page: number, num_text_tokens: number, ratio: number}[]} pages densest first
 */
const makeDensestPagesTable = (pages) =>
  makeTable(
    "Densest pages",
    ["Densest pages", "Page", "Text tokens", "Per vision token"],
    pages.map((page) => [
      page.document_id,
      formatCount(page.page),
      formatCount(page.num_text_tokens),
      page.ratio.toFixed(1),
    ]),
  );
