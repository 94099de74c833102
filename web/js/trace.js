// @ts-check
/**
 * Shows a verdict: what was decided, and every step of it in words.
 */

import { addressOf } from "./spec.js";
import { words } from "./words.js";

/** @typedef {import("./verifier.js").Verdict} Verdict */
/** @typedef {import("./verifier.js").Step} Step */

const SECTIONS = { registration: "7.1", authentication: "7.2" };

/**
 * @typedef {object} Shown
 * @property {Verdict} verdict
 * @property {string} check the JSON that was run
 * @property {string} comparison how the verdict compares with the server's, in a sentence
 * @property {boolean} agrees false: page and server judge differently
 * @property {boolean} taken false: the server did not take the response, whatever the verdict
 */

/**
 * @param {Shown} shown
 * @returns {string} its title
 */
export function showVerdict({ verdict, check, comparison, agrees, taken }) {
  const section = element("verdict");
  const steps = verdict.trace ?? [];
  const kind = kindOf(check);

  setData(section, {
    accepted: String(verdict.accepted),
    code: verdict.code,
    step: verdict.step,
    agrees: String(agrees),
  });
  const title = titleOf(verdict, kind, taken);
  element("verdict-title").textContent = title;
  element("verdict-summary").textContent = summaryOf(verdict);
  element("comparison").textContent = comparison;

  element("trace").replaceChildren(...steps.map(stepItem));
  element("to-step").hidden = !steps.some(({ outcome }) => outcome === "fail");
  element("trace-source").hidden = steps.length === 0;
  if (kind) {
    const link = /** @type {HTMLAnchorElement} */ (element("trace-link"));
    link.href = addressOf(`${SECTIONS[kind]}.0`);
    link.textContent = words("inspect.section", { number: SECTIONS[kind] });
  }

  const notes = verdict.notes ?? [];
  element("notes").replaceChildren(...notes.map((note) => textElement("li", "", note)));
  element("notes-section").hidden = notes.length === 0;

  section.hidden = false;
  return title;
}

/** @param {Step} step */
function stepItem({ step, slug, title, outcome, detail }) {
  const item = document.createElement("li");
  setData(item, { step, slug, outcome });
  if (outcome === "fail") item.tabIndex = -1;
  const text = textElement("div", "step-text", "");
  text.lang = "en";
  text.append(textElement("span", "step-title", title));
  if (detail) text.append(" ", textElement("span", "step-detail", detail));
  item.append(
    icon(outcome),
    stepLink(step),
    " ",
    text,
    " ",
    textElement("span", "step-outcome", words(`inspect.${outcome}`)),
  );
  return item;
}

/** @param {string} step */
function stepLink(step) {
  const link = /** @type {HTMLAnchorElement} */ (textElement("a", "step-number", step));
  link.href = addressOf(step);
  link.setAttribute("aria-label", words("inspect.step_link", { step }));
  return link;
}

/** @param {Step["outcome"]} outcome */
function icon(outcome) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", "step-icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", "0 0 16 16");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#icon-${outcome}`);
  svg.append(use);
  return svg;
}

/**
 * @param {string} check
 * @returns {"registration" | "authentication" | null}
 */
function kindOf(check) {
  try {
    const { kind } = JSON.parse(check);
    return kind === "registration" || kind === "authentication" ? kind : null;
  } catch {
    return null;
  }
}

/**
 * @param {Verdict} verdict
 * @param {"registration" | "authentication" | null} kind
 * @param {boolean} taken
 */
function titleOf(verdict, kind, taken) {
  if (verdict.code === "not_a_check") return words("inspect.not_a_check");
  if (verdict.accepted && !taken) return words("inspect.sound");
  if (verdict.accepted) return words(kind ? `inspect.accepted_${kind}` : "inspect.accepted");
  if (verdict.code === "credential_missing") return words("inspect.no_key");
  return words("inspect.refused_at", { step: verdict.step ?? "" });
}

/** What the verifier says of it, as a sentence. @param {Verdict} verdict */
export const reasonOf = (verdict) => (verdict.detail ? asSentence(verdict.detail) : "");

/** @param {Verdict} verdict */
function summaryOf(verdict) {
  if (verdict.trace === undefined) return reasonOf(verdict);
  /** @param {Step["outcome"]} outcome */
  const count = (outcome) => verdict.trace?.filter((step) => step.outcome === outcome).length ?? 0;
  const passed = count("pass");
  const skipped = count("skip");
  const counted = words(passed === 1 ? "inspect.passed_one" : "inspect.passed", { count: passed });
  const rest = skipped > 0 ? words("inspect.skipped", { count: skipped }) : "";
  return `${reasonOf(verdict)} ${counted}${rest}.`.trim();
}

/** @param {string} text */
function asSentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} text
 */
function textElement(name, className, text) {
  const created = document.createElement(name);
  if (className) created.className = className;
  created.textContent = text;
  return created;
}

/**
 * @param {HTMLElement} target
 * @param {Record<string, string | undefined>} data
 */
function setData(target, data) {
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined) delete target.dataset[name];
    else target.dataset[name] = value;
  }
}
