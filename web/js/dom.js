// @ts-check

/** @param {string} id */
export function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {string} id */
export const input = (id) => /** @type {HTMLInputElement} */ (element(id));

/**
 * @param {string} id
 * @param {() => void} action
 */
export function onClick(id, action) {
  element(id).addEventListener("click", action);
}

/**
 * @param {string} name
 * @param {string} className
 * @param {(string | Node)[]} content
 */
export function make(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}
