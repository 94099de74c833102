// @ts-check
/**
 * Shows bytes in rows, the chosen ones marked.
 */

/** Bytes that are shown at most: more would only make the page slow. */
const SHOWN = 16_384;

const wide = matchMedia("(min-width: 40rem)");

export class HexView {
  #container;
  /** @type {Uint8Array} */
  #bytes = new Uint8Array();
  #start = 0;
  #end = 0;
  /** The first byte that is shown. */
  #from = 0;
  /** @type {HTMLElement[]} */
  #rows = [];

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
    wide.addEventListener("change", () => this.#draw());
  }

  /**
   * Shows these bytes, marks those from `start` up to `end` and brings them into view.
   *
   * @param {Uint8Array} bytes
   * @param {number} start
   * @param {number} end
   */
  show(bytes, start, end) {
    const isShown = bytes === this.#bytes && start >= this.#from && start < this.#from + SHOWN;
    const marked = isShown ? this.#marked() : [];
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    if (isShown) for (const row of new Set([...marked, ...this.#marked()])) this.#fill(row);
    else this.#draw();
    this.#bringIntoView();
  }

  get #width() {
    return wide.matches ? 16 : 8;
  }

  /** The rows that have marked bytes. */
  #marked() {
    const width = this.#width;
    const first = Math.floor((this.#start - this.#from) / width);
    const last = Math.ceil((this.#end - this.#from) / width);
    const indices = [];
    for (let index = Math.max(first, 0); index < Math.min(last, this.#rows.length); index += 1) indices.push(index);
    return indices;
  }

  #draw() {
    const width = this.#width;
    this.#from = this.#start < SHOWN ? 0 : this.#start - (this.#start % width);
    const shown = Math.min(this.#bytes.length - this.#from, SHOWN);
    this.#rows = Array.from({ length: Math.ceil(shown / width) }, () => span("hex-row", "div"));
    this.#rows.forEach((_, index) => this.#fill(index));
    this.#container.replaceChildren(...this.#rows);
  }

  /** @param {number} index */
  #fill(index) {
    const width = this.#width;
    const at = this.#from + index * width;
    const bytes = [...this.#bytes.subarray(at, at + width)];
    const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
    const characters = bytes.map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·"));
    const start = Math.min(Math.max(this.#start - at, 0), bytes.length);
    const end = Math.min(Math.max(this.#end - at, 0), bytes.length);
    const offset = span("hex-offset");
    offset.textContent = String(at).padStart(5);
    const hex = span("hex-bytes");
    hex.append(...marked(digits, start, end, " "));
    // What is missing of the last row, so that the text stays in its column.
    hex.append(" ".repeat((width - bytes.length) * 3));
    const text = span("hex-text");
    text.append(...marked(characters, start, end, ""));
    this.#rows[index]?.replaceChildren(offset, hex, text);
  }

  #bringIntoView() {
    const [first] = this.#marked();
    const row = this.#rows[first ?? 0];
    if (row === undefined) return;
    const { top, bottom } = row.getBoundingClientRect();
    const room = this.#container.getBoundingClientRect();
    // Within the panel alone: the page itself stays where it is.
    if (top < room.top || bottom > room.bottom) {
      this.#container.scrollTop += top - room.top - row.clientHeight;
    }
  }
}

/**
 * @param {string[]} parts
 * @param {number} start
 * @param {number} end
 * @param {string} gap
 */
function marked(parts, start, end, gap) {
  if (start >= end) return [parts.join(gap)];
  const mark = document.createElement("mark");
  mark.textContent = parts.slice(start, end).join(gap);
  const before = parts.slice(0, start).join(gap);
  const after = parts.slice(end).join(gap);
  return [before, before === "" ? "" : gap, mark, after === "" ? "" : gap, after];
}

/**
 * @param {string} className
 * @param {string} [name]
 */
function span(className, name = "span") {
  const created = document.createElement(name);
  created.className = className;
  return created;
}
