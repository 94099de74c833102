// @ts-check
/**
 * Two explained dumps side by side.
 */

import { make } from "./dom.js";
import { words } from "./words.js";

/** @typedef {import("./verifier.js").DumpNode} DumpNode */
/** @typedef {{path: string, values: [string | undefined, string | undefined]}} Row */

/** Rows that are compared. */
const ROWS = 2_000;

/**
 * @param {DumpNode[]} one
 * @param {DumpNode[]} other
 * @returns {Row[]} those of the first, then what only the other has
 */
export function compared(one, other) {
  const [first, second] = [leaves(one), leaves(other)];
  const paths = [...new Set([...first.keys(), ...second.keys()])];
  return paths.slice(0, ROWS).map((path) => ({ path, values: [first.get(path), second.get(path)] }));
}

/** @param {Row} row */
export const differs = ({ values: [one, other] }) => one !== other;

/**
 * What a dump says, by its path.
 *
 * @param {DumpNode[]} nodes
 */
function leaves(nodes) {
  /** @type {Map<string, string>} */
  const found = new Map();
  // What both are need not be said in each row.
  const [only] = nodes.length === 1 ? nodes : [];
  const tops = only?.fields ?? nodes;
  const stack = tops.map((node) => ({ node, path: "" })).reverse();
  for (let next = stack.pop(); next !== undefined && found.size < ROWS; next = stack.pop()) {
    const { node } = next;
    const name = node.name ?? node.artefact ?? "breaks here";
    const path = next.path === "" ? name : `${next.path} › ${name}`;
    const fields = node.fields ?? [];
    const value = node.broken ?? node.value ?? (fields.length === 0 ? node.bytes : undefined);
    if (value !== undefined) {
      let key = path;
      for (let count = 2; found.has(key); count += 1) key = `${path} (${count})`;
      found.set(key, [String(value), node.meaning, node.problem].filter(Boolean).join(" · "));
    }
    for (const field of [...fields].reverse()) stack.push({ node: field, path });
  }
  return found;
}

/**
 * @param {Row[]} rows
 * @returns {HTMLElement}
 */
export function tableOf(rows) {
  const head = ["beside.field", "beside.this", "beside.that"].map((key) => {
    const cell = make("th", "", words(key));
    cell.setAttribute("scope", "col");
    return cell;
  });
  const body = rows.map((row) => {
    const name = make("th", "", row.path);
    name.setAttribute("scope", "row");
    if (differs(row)) name.append(" ", make("span", "beside-differs", words("beside.differs")));
    const line = make("tr", "", name, ...row.values.map((value) => make("td", "", value ?? "–")));
    line.dataset["differs"] = String(differs(row));
    return line;
  });
  return make("table", "", make("thead", "", make("tr", "", ...head)), make("tbody", "", ...body));
}
