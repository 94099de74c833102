// @ts-check
/**
 * Shows the account of who is signed in. What its buttons do is the caller's.
 */

import { element, make } from "./dom.js";
import * as portcullis from "./portcullis.js";
import { here } from "./record.js";
import { day, moment, words } from "./words.js";

/** @typedef {import("./portcullis.d.ts").CredentialItem} CredentialItem */
/** @typedef {import("./portcullis.d.ts").SessionItem} SessionItem */

/**
 * @typedef {object} Actions
 * @property {(credential: CredentialItem) => void} rename
 * @property {(credential: CredentialItem) => void} remove
 * @property {(session: SessionItem) => void} end
 */

/**
 * Asks the host for the account and shows it.
 *
 * @param {import("./portcullis.d.ts").Session} session
 * @param {boolean} codesAreOn
 * @param {Actions} actions
 * @returns {Promise<CredentialItem[]>}
 */
export async function showAccount(session, codesAreOn, actions) {
  const [account, credentials, sessions] = await Promise.all([
    portcullis.account(),
    portcullis.credentials(),
    portcullis.sessions(),
  ]);
  showName(account.username);
  element("account-shown").textContent = account.displayName;
  element("account-since").textContent = day(account.created);
  const end = session.expires < session.idleExpires ? session.expires : session.idleExpires;
  element("account-until").textContent = moment(end);
  element("passkeys").replaceChildren(...credentials.map((credential) => passkeyItem(credential, actions)));
  element("sessions").replaceChildren(...sessions.map((item) => sessionItem(item, actions)));
  element("codes").hidden = !codesAreOn;
  element("codes-left").textContent = words("codes.left", { count: account.recoveryCodes });
  element("codes-left").dataset["any"] = String(account.recoveryCodes > 0);
  return credentials;
}

/** @param {string} name */
function showName(name) {
  const shown = make("span", "", name);
  shown.id = "account-name";
  // Each language puts the name in its own place. It is no markup.
  const [before = "", after = ""] = words("account.title").split("{name}");
  element("account-title").replaceChildren(before, shown, after);
}

/** @param {CredentialItem} credential */
export function nameOf(credential) {
  const plain = kindOf(credential) === "key" ? "passkey.plain_key" : "passkey.plain";
  return credential.name ?? credential.product ?? words(plain);
}

/**
 * What keeps a passkey: something that syncs it, a device, or a security key.
 *
 * @param {CredentialItem} credential
 */
function kindOf({ backupEligible, transports }) {
  if (backupEligible) return "synced";
  const isInside = transports.includes("internal") || transports.includes("hybrid");
  return isInside || transports.length === 0 ? "device" : "key";
}

/**
 * @param {CredentialItem} credential
 * @param {Actions} actions
 */
function passkeyItem(credential, actions) {
  const name = nameOf(credential);
  const item = make("li", "thing");
  item.dataset["id"] = credential.id;
  item.dataset["current"] = String(credential.current);
  const kind = kindOf(credential);
  const kept = kind === "synced" && !credential.backupState ? "syncable" : kind;
  const where = whereOf(credential);
  const made = words(where ? "passkey.made_where" : "passkey.made", { when: day(credential.created), where });
  const lines = [words(`passkey.${kept}`), [made, useOf(credential)].filter(Boolean).join(" · ")];
  if (credential.name && credential.product) lines.unshift(credential.product);
  const badges = [];
  if (credential.id === here()) badges.push(words("passkey.here"));
  if (credential.current) badges.push(words("passkey.current"));
  item.append(
    mark(credential),
    make(
      "div",
      "thing-text",
      head(name, badges),
      ...lines.map((line) => make("p", "hint", line)),
    ),
    make(
      "div",
      "thing-actions",
      button("passkey.rename", words("passkey.rename_this", { name }), () => actions.rename(credential)),
      button("passkey.remove", words("passkey.remove_this", { name }), () => actions.remove(credential)),
    ),
  );
  return item;
}

/**
 * @param {SessionItem} session
 * @param {Actions} actions
 */
function sessionItem(session, actions) {
  const name = whereOf(session) || words("session.unknown");
  const item = make("li", "thing");
  item.dataset["id"] = session.id;
  item.dataset["current"] = String(session.current);
  const made = words("session.made", { when: moment(session.created) });
  const used = words("session.used", { when: moment(session.lastUsed) });
  item.append(
    make(
      "div",
      "thing-text",
      head(name, session.current ? [words("session.current")] : []),
      make("p", "hint", `${made}, ${used}`),
    ),
  );
  if (!session.current) {
    const end = button("session.end", words("session.end_this", { name }), () => actions.end(session));
    item.append(make("div", "thing-actions", end));
  }
  return item;
}

/** @param {CredentialItem} credential */
function useOf({ lastUsed, current }) {
  if (lastUsed) return words("passkey.used", { when: moment(lastUsed) });
  // The one that was made at the sign-up has signed in with that.
  return current ? "" : words("passkey.unused");
}

/** @param {{browser: string | null, platform: string | null}} made */
function whereOf({ browser, platform }) {
  if (browser && platform) return words("session.where", { browser, platform });
  return browser ?? platform ?? "";
}

/**
 * @param {string} name
 * @param {string[]} badges
 */
function head(name, badges) {
  const made = make("p", "thing-name", name);
  for (const badge of badges) made.append(" ", make("span", "badge", badge));
  return made;
}

/** How many colours the marks have, in account.css. */
const HUES = 6;

/**
 * A mark that tells passkeys apart at a glance: what keeps it as a picture, and a colour by its model.
 *
 * @param {CredentialItem} credential
 */
function mark(credential) {
  const { aaguid, product } = credential;
  const sum = [...aaguid].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  const made = make("span", "thing-mark");
  // Without a product there is nothing that the colour could stand for.
  if (product !== null) made.dataset["hue"] = String(sum % HUES);
  made.append(picture(kindOf(credential)));
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** @param {"synced" | "device" | "key"} name a symbol of the page */
function picture(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#mark-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @param {string} key
 * @param {string} label says which thing it is for
 * @param {() => void} action
 */
function button(key, label, action) {
  const made = /** @type {HTMLButtonElement} */ (make("button", "small", words(key)));
  made.type = "button";
  made.dataset["ceremony"] = "";
  made.dataset["action"] = key;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}
