// @ts-check
/**
 * Shows a verdict: what was decided, and every step of it in words.
 */

/** @typedef {import("./verifier.js").Verdict} Verdict */
/** @typedef {import("./verifier.js").Step} Step */

const OUTCOMES = { pass: "Passed", fail: "Failed", skip: "Skipped" };

const SECTIONS = {
  registration: { number: "7.1", anchor: "sctn-registering-a-new-credential", accepted: "Passkey verified" },
  authentication: { number: "7.2", anchor: "sctn-verifying-assertion", accepted: "Sign-in verified" },
};

/**
 * @typedef {object} Shown
 * @property {Verdict} verdict
 * @property {string} check the JSON that was run
 * @property {string} comparison how the verdict compares with the server's, in a sentence
 * @property {boolean} agrees false: page and server judge differently
 * @property {boolean} taken false: the server did not take the response, whatever the verdict
 */

/** @param {Shown} shown */
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
  element("verdict-title").textContent = titleOf(verdict, kind, taken);
  element("verdict-summary").textContent = summaryOf(verdict);
  element("comparison").textContent = comparison;

  element("trace").replaceChildren(...steps.map(stepItem));
  element("trace-source").hidden = steps.length === 0;
  if (kind) {
    const { number, anchor } = SECTIONS[kind];
    const link = /** @type {HTMLAnchorElement} */ (element("trace-link"));
    link.href = `https://www.w3.org/TR/webauthn-3/#${anchor}`;
    link.textContent = `WebAuthn Level 3, section ${number}`;
  }

  const notes = verdict.notes ?? [];
  element("notes").replaceChildren(...notes.map((note) => textElement("li", "", note)));
  element("notes-section").hidden = notes.length === 0;

  section.hidden = false;
}

/** Leaves the room for the next verdict. */
export function clearVerdict() {
  const section = element("verdict");
  section.hidden = true;
  setData(section, { accepted: undefined, code: undefined, step: undefined, agrees: undefined });
  element("trace").replaceChildren();
}

/** @param {Step} step */
function stepItem({ step, slug, title, outcome, detail }) {
  const item = document.createElement("li");
  setData(item, { step, slug, outcome });
  const text = textElement("div", "step-text", "");
  text.append(textElement("span", "step-title", title));
  if (detail) text.append(" ", textElement("span", "step-detail", detail));
  item.append(
    icon(outcome),
    textElement("span", "step-number", step),
    " ",
    text,
    " ",
    textElement("span", "step-outcome", OUTCOMES[outcome]),
  );
  return item;
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
  if (verdict.code === "not_a_check") return "This is not a check";
  if (verdict.accepted && !taken) return "The response itself is sound";
  if (verdict.accepted) return kind ? SECTIONS[kind].accepted : "Verified";
  if (verdict.code === "credential_missing") return "Checked without the stored key";
  return `Refused at step ${verdict.step}`;
}

/** @param {Verdict} verdict */
export function summaryOf(verdict) {
  const reason = verdict.detail ? `${asSentence(verdict.detail)} ` : "";
  if (verdict.trace === undefined) return reason.trim();
  /** @param {Step["outcome"]} outcome */
  const count = (outcome) => verdict.trace?.filter((step) => step.outcome === outcome).length ?? 0;
  const passed = count("pass");
  const skipped = count("skip");
  return (
    `${reason}${passed} ${passed === 1 ? "step" : "steps"} passed` +
    `${skipped > 0 ? `, ${skipped} had nothing to check` : ""}.`
  );
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
