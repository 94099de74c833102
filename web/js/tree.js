// @ts-check
/**
 * The explained dump as a tree of fields (ARIA's tree pattern): one of them is chosen, and the keyboard
 * moves among those that are open.
 */

import { words } from "./words.js";

/** @typedef {import("./verifier.js").DumpNode} DumpNode */

/**
 * What a chosen row shows.
 *
 * @typedef {object} Choice
 * @property {string} artefact the artefact that holds it
 * @property {Uint8Array} bytes that artefact's bytes
 * @property {number} at its first byte
 * @property {number} length
 */

/** Bytes of a value that a row shows. */
const VALUE_SHOWN = 20;

/** Fields of one structure that are shown at first, and more at each press. */
const SHOWN = 200;

/** Artefacts that are closed at first: they are long, and seldom what one looks for. */
const CLOSED = new Set(["certificate"]);

export class Tree {
  #root;
  #onChoice;
  /** @type {Map<Element, Choice>} */
  #choices = new Map();
  #groups = 0;

  /**
   * @param {HTMLElement} root
   * @param {(choice: Choice) => void} onChoice
   */
  constructor(root, onChoice) {
    this.#root = root;
    this.#onChoice = onChoice;
    root.addEventListener("click", (event) => this.#onClick(event));
    root.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {DumpNode[]} artefacts */
  show(artefacts) {
    this.#choices.clear();
    this.#groups = 0;
    const nothing = { artefact: "", bytes: new Uint8Array(), at: 0, length: 0 };
    this.#root.replaceChildren();
    this.#fill(this.#root, artefacts, nothing, 1);
    const first = this.#items()[0];
    if (first) this.#choose(first, false);
  }

  openAll() {
    for (const item of this.#root.querySelectorAll("[aria-expanded]")) item.setAttribute("aria-expanded", "true");
  }

  /**
   * @param {DumpNode} node
   * @param {Choice} around the artefact that it is in
   * @param {number} level
   * @returns {HTMLElement}
   */
  #item(node, around, level) {
    const only = node.fields?.length === 1 ? node.fields[0] : undefined;
    if (node.artefact === undefined && only?.artefact !== undefined) {
      // What holds nothing but an artefact is shown as that artefact.
      return this.#item({ ...node, ...only, name: node.name }, around, level);
    }
    const choice = choiceOf(node, around);
    const item = rowOf(node, choice);
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", String(level));
    item.setAttribute("aria-selected", "false");
    item.tabIndex = -1;
    item.dataset.at = String(choice.at);
    item.dataset.length = String(choice.length);
    if (node.name !== undefined) item.dataset.name = node.name;
    if (node.artefact !== undefined) item.dataset.artefact = node.artefact;
    if (node.broken !== undefined) item.dataset.broken = "";
    if (node.problem !== undefined) item.dataset.problem = "";
    this.#choices.set(item, choice);
    // Its name is the row's text alone, so what it holds is beside it and not within.
    const place = document.createElement("li");
    place.setAttribute("role", "none");
    place.append(item);

    const fields = node.fields ?? [];
    if (fields.length > 0) {
      const group = document.createElement("ul");
      group.id = `group-${(this.#groups += 1)}`;
      group.setAttribute("role", "group");
      this.#fill(group, fields, choice, level + 1);
      item.setAttribute("aria-owns", group.id);
      place.append(group);
      const isOpen = !CLOSED.has(node.artefact ?? "") || group.querySelector("[data-broken], [data-problem]") !== null;
      item.setAttribute("aria-expanded", String(isOpen));
    }
    return place;
  }

  /**
   * Appends fields to a group, and where there are many, a row that appends the next ones.
   *
   * @param {HTMLElement} group
   * @param {DumpNode[]} fields
   * @param {Choice} around
   * @param {number} level
   */
  #fill(group, fields, around, level) {
    const rest = fields.slice(SHOWN);
    group.append(...fields.slice(0, SHOWN).map((field) => this.#item(field, around, level)));
    if (rest.length === 0) return;
    const more = this.#item({ name: words("inspect.more", { count: rest.length }), ...placeOf(rest) }, around, level);
    const item = /** @type {HTMLElement} */ (more.firstElementChild);
    item.addEventListener("click", () => {
      more.remove();
      this.#fill(group, rest, around, level);
      const first = /** @type {HTMLElement | undefined} */ (group.children[group.children.length - 1]);
      first?.scrollIntoView({ block: "nearest" });
    });
    group.append(more);
  }

  /** The items that can be seen, from top to bottom. */
  #items() {
    const items = /** @type {NodeListOf<HTMLElement>} */ (this.#root.querySelectorAll("[role='treeitem']"));
    return [...items].filter((item) => item.checkVisibility());
  }

  /**
   * @param {HTMLElement} item
   * @param {boolean} focuses
   */
  #choose(item, focuses) {
    for (const chosen of this.#root.querySelectorAll("[aria-selected='true']")) {
      chosen.setAttribute("aria-selected", "false");
      /** @type {HTMLElement} */ (chosen).tabIndex = -1;
    }
    item.setAttribute("aria-selected", "true");
    item.tabIndex = 0;
    if (focuses) {
      item.focus({ preventScroll: true });
      item.scrollIntoView({ block: "nearest" });
    }
    const choice = this.#choices.get(item);
    if (choice) this.#onChoice(choice);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const item = itemOf(event);
    if (item === null) return;
    const wasChosen = item.getAttribute("aria-selected") === "true";
    this.#choose(item, true);
    // The first press chooses, the next ones close and open.
    if (wasChosen || item.getAttribute("aria-expanded") === "false") toggle(item);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const item = itemOf(event);
    if (item === null || event.ctrlKey || event.altKey || event.metaKey) return;
    const items = this.#items();
    const index = items.indexOf(item);
    const isOpen = item.getAttribute("aria-expanded") === "true";
    /** @type {HTMLElement | null | undefined} */
    let target;
    switch (event.key) {
      case "ArrowDown":
        target = items[index + 1];
        break;
      case "ArrowUp":
        target = items[index - 1];
        break;
      case "Home":
        target = items[0];
        break;
      case "End":
        target = items.at(-1);
        break;
      case "ArrowRight":
        if (item.getAttribute("aria-expanded") === "false") toggle(item);
        else if (isOpen) target = items[index + 1];
        break;
      case "ArrowLeft":
        if (isOpen) toggle(item);
        else target = /** @type {HTMLElement | null} */ (item.closest("[role='group']")?.previousElementSibling);
        break;
      case "Enter":
      case " ":
        toggle(item);
        break;
      default:
        return;
    }
    event.preventDefault();
    if (target) this.#choose(target, true);
  }
}

/** @param {Event} event */
function itemOf(event) {
  return event.target instanceof Element
    ? /** @type {HTMLElement | null} */ (event.target.closest("[role='treeitem']"))
    : null;
}

/** @param {Element} item */
function toggle(item) {
  const expanded = item.getAttribute("aria-expanded");
  if (expanded !== null) item.setAttribute("aria-expanded", String(expanded !== "true"));
}

/** Where fields stand that follow each other. @param {DumpNode[]} fields */
function placeOf(fields) {
  const at = fields[0]?.at ?? 0;
  const last = fields.at(-1);
  return { at, length: (last?.at ?? at) + (last?.length ?? 0) - at };
}

/**
 * @param {DumpNode} node
 * @param {Choice} around
 * @returns {Choice}
 */
function choiceOf({ artefact, bytes, at, length }, around) {
  if (artefact === undefined) return { ...around, at: at ?? 0, length: length ?? 0 };
  const decoded = fromBase64url(bytes ?? "");
  return { artefact, bytes: decoded, at: 0, length: decoded.length };
}

/**
 * @param {DumpNode} node
 * @param {Choice} choice
 */
function rowOf(node, { at, length }) {
  const row = textElement("div", "row", "");
  const text = textElement("div", "row-text", "");
  const name = node.name ?? node.artefact ?? "breaks here";
  text.append(textElement("span", "row-name", name));
  const value = valueOf(node);
  if (value !== "") text.append(" ", textElement("span", "row-value", value));
  if (node.meaning) text.append(" ", textElement("span", "row-meaning", node.meaning));
  const problem = node.broken ?? node.problem;
  if (problem) text.append(" ", textElement("strong", "row-problem", problem));
  const place = node.broken === undefined ? `${at} +${length}` : `${at}`;
  row.append(text, " ", textElement("span", "row-place", place));
  return row;
}

/** @param {DumpNode} node */
function valueOf({ artefact, name, value, bytes }) {
  if (artefact !== undefined) {
    const kind = name === undefined || name === artefact ? "" : artefact;
    return `${value ?? ""} ${kind}`.trim();
  }
  if (value !== undefined) return String(value);
  if (bytes === undefined) return "";
  const decoded = fromBase64url(bytes);
  const shown = [...decoded.subarray(0, VALUE_SHOWN)].map((byte) => byte.toString(16).padStart(2, "0"));
  return shown.join("") + (decoded.length > VALUE_SHOWN ? "…" : "");
}

/** @param {string} text */
function fromBase64url(text) {
  const characters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} text
 */
function textElement(name, className, text) {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = text;
  return created;
}
