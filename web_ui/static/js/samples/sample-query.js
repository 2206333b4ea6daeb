// What a list of samples shows, and its form in the address of the page and of the API.

import { withQuery } from "../base/api.js";

export const PAGE_SIZE = 20;
const LAST_BIN = 19;

/**
 * @typedef {object} SampleQuery
 * @property {string} split empty: the first one
 * @property {string} search
 * @property {string} mark
 * @property {string} order
 * @property {[number, number] | null} bins
 * @property {number} offset
 * @property {number | null} position of the open sample
 */

/** @param {URLSearchParams} address @param {string} order without one in the address @returns {SampleQuery} */
export function readQuery(address, order) {
  const number = (/** @type {string} */ name) => Math.max(0, Math.trunc(Number(address.get(name))) || 0);
  return {
    split: address.get("split") ?? "",
    search: address.get("search") ?? "",
    mark: address.get("mark") ?? "",
    order: address.get("order") ?? order,
    bins: address.has("first_bin") ? [number("first_bin"), number("last_bin")] : null,
    offset: number("offset"),
    position: address.has("position") ? number("position") : null,
  };
}

/** Return the values that choose samples. @param {SampleQuery} query */
export const selectionOf = ({ split, search, mark, order, bins }) => ({
  split,
  search,
  mark,
  order,
  first_bin: bins?.[0],
  last_bin: bins ? Math.min(bins[1], LAST_BIN) : undefined,
});

/** @param {string} path @param {SampleQuery} query @param {boolean} isAtPosition list the open sample's page */
export const listPath = (path, query, isAtPosition) =>
  withQuery(path, {
    ...selectionOf(query),
    offset: query.offset,
    limit: PAGE_SIZE,
    position: isAtPosition ? query.position : undefined,
  });

/** The address of a page that shows the same. @param {string} page @param {SampleQuery} query */
export const pageAddress = (page, query) =>
  withQuery(page, { ...selectionOf(query), offset: query.offset || undefined, position: query.position });
