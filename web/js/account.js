// @ts-check
/**
 * Shows the account of who is signed in. What its buttons do is the caller's.
 */

import { element, make } from "./dom.js";
import * as portcullis from "./portcullis.js";
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
  // The name stands wherever a language puts it, and is no markup.
  const [before = "", after = ""] = words("account.title").split("{name}");
  element("account-title").replaceChildren(before, shown, after);
}

/** @param {CredentialItem} credential */
export const nameOf = ({ name, product }) => name ?? product ?? words("passkey.plain");

/**
 * @param {CredentialItem} credential
 * @param {Actions} actions
 */
function passkeyItem(credential, actions) {
  const name = nameOf(credential);
  const item = make("li", "thing");
  item.dataset["id"] = credential.id;
  item.dataset["current"] = String(credential.current);
  const kept = credential.backupState ? "synced" : credential.backupEligible ? "syncable" : "bound";
  const where = whereOf(credential);
  const made = words(where ? "passkey.made_where" : "passkey.made", { when: day(credential.created), where });
  const used = credential.lastUsed
    ? words("passkey.used", { when: moment(credential.lastUsed) })
    : words("passkey.unused");
  const lines = [words(`passkey.${kept}`), `${made} · ${used}`];
  if (credential.name && credential.product) lines.unshift(credential.product);
  item.append(
    mark(credential.product ?? ""),
    make(
      "div",
      "thing-text",
      head(name, credential.current ? words("passkey.current") : null),
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
      head(name, session.current ? words("session.current") : null),
      make("p", "hint", `${made}, ${used}`),
    ),
  );
  if (!session.current) {
    const end = button("session.end", words("session.end_this", { name }), () => actions.end(session));
    item.append(make("div", "thing-actions", end));
  }
  return item;
}

/** @param {{browser: string | null, platform: string | null}} made */
function whereOf({ browser, platform }) {
  if (browser && platform) return words("session.where", { browser, platform });
  return browser ?? platform ?? "";
}

/**
 * @param {string} name
 * @param {string | null} badge
 */
function head(name, badge) {
  const made = make("p", "thing-name", name);
  if (badge) made.append(" ", make("span", "badge", badge));
  return made;
}

/** A mark that tells products apart at a glance. @param {string} product */
function mark(product) {
  const made = make("span", "thing-mark", product.charAt(0).toUpperCase() || "•");
  made.setAttribute("aria-hidden", "true");
  return made;
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
