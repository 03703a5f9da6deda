// Small helpers over the DOM. Text only ever enters through textContent.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export const prefersCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Creates an element: properties in `class`, `text`, `data` and plain attributes; children follow. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "tone") setTone(node, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** The colour a node and what it holds are drawn in (CSSOM, which a strict style-src allows). */
export function setTone(node, color) {
  node.style.setProperty("--tone", color);
}

/** Writes only what changed, so that nothing is announced or laid out twice. */
export function setText(node, text) {
  const value = String(text);
  if (node.textContent !== value) node.textContent = value;
}

/** Sets the length of a `.bar .fill`, and for readers of the bar its numbers. */
export function setBar(fillNode, amountNode, value, max, suffix = ` / ${max}`) {
  const share = max > 0 ? Math.max(0, Math.min(1, value / max)) : 0;
  fillNode.style.setProperty("--share", share.toFixed(3));
  setText(amountNode, `${Math.round(value)}${suffix}`);
}

/** Marks a button busy for as long as a promise runs. */
export async function busy(button, label, work) {
  const before = button.textContent;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  button.textContent = label;
  try {
    return await work();
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    button.textContent = before;
  }
}

/** Shows an error at the field it is about, or above the button when it is about none. */
export function showFieldError(form, errorNode, message, field) {
  clearFieldError(form, errorNode);
  const holder = field ? form.querySelector(`[data-field="${CSS.escape(field)}"]`) : null;
  const input = holder?.querySelector("input");
  if (holder) holder.append(errorNode);
  else form.querySelector("[type=submit]").before(errorNode);
  errorNode.hidden = false;
  errorNode.textContent = message;
  if (input) {
    input.setAttribute("aria-invalid", "true");
    if (input.type !== "radio") input.focus();
  }
}

export function clearFieldError(form, errorNode) {
  errorNode.hidden = true;
  errorNode.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}
