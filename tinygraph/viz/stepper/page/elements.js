// The data of the page: the steps, and each array and formula once.
const data = JSON.parse(document.getElementById("data").textContent);

// Small helpers to build HTML.  Text is always set as text, so that a name stays a name.

// element("button", { class: "primary", onclick: go }, "Next", …)
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// A formula, as MathML from the data of the page, which contains only harmless names.
function formula(index, display = false) {
  const holder = element(display ? "div" : "span", { class: "math" });
  holder.innerHTML = data.formulas[index];
  if (display) holder.querySelector("math")?.setAttribute("display", "block");
  return holder;
}

function codeLine(text) {
  return element("code", { class: "line" }, text);
}

function plural(count, thing) {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}
