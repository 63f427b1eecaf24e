// Helpers for DOM elements. Text is always set as text, so user input can't become markup.

/** Create an element: `h("button", {class: "x", onclick: f}, "text", child)`. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set an element's text only if it differs: a screen reader reads each change aloud. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setVisible(element, visible) {
  element.hidden = !visible;
}
