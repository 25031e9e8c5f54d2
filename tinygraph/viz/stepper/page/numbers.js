// Numbers, and arrays of them as tables.

function shortNumber(value) {
  if (typeof value !== "number") return String(value).replace("-", "−");
  const size = Math.abs(value);
  let text;
  if (Number.isInteger(value) && size < 10000) text = String(value);
  else if (size >= 1000 && size < 10000) text = value.toFixed(0);
  else if (size >= 0.001 && size < 1000) text = value.toPrecision(3); // three digits, as 0.0466
  else text = value.toExponential(1).replace("e+", "e");
  return text.replaceAll("-", "−");
}

// "dW1[0, 2]"; for a scalar only the name.
function entryName(name, entry) {
  return entry.length ? `${name}[${entry.join(", ")}]` : name;
}

function shapeText(shape) {
  return shape.length ? shape.join("×") : "one number";
}

function rowsOf(entries) {
  if (!Array.isArray(entries)) return [[entries]];
  return Array.isArray(entries[0]) ? entries : [entries];
}

function titled(text, symbol) {
  return element("span", {}, text, formula(symbol));
}

// A titled table.  `hidden` shows question marks, `marked` frames the element [row, column].
function arrayFigure(title, index, { hidden = false, marked = null, note = "", tone = "" } = {}) {
  const array = data.arrays[index];
  const caption = element("figcaption", {}, title, " ", shapeNote(array.shape));
  const figure = element("figure", { class: `array ${tone}` }, caption);
  if (note) figure.append(element("p", { class: "note" }, note));
  figure.append(arrayTable(array, hidden, marked));
  if (array.note && !hidden) figure.append(element("p", { class: "note" }, array.note));
  return figure;
}

function shapeNote(shape) {
  return element("span", { class: "shape" }, shapeText(shape));
}

function arrayTable(array, hidden, marked) {
  const rows = rowsOf(array.entries);
  const finite = rows.flat().filter((entry) => typeof entry === "number");
  const largest = Math.max(1e-300, ...finite.map(Math.abs));
  const body = element("tbody");
  rows.forEach((row, i) => {
    const line = element("tr");
    row.forEach((entry, j) => {
      const cell = hidden
        ? element("td", { class: "hidden" }, "?")
        : element("td", { title: String(entry) }, shortNumber(entry));
      if (!hidden && typeof entry === "number") tint(cell, entry / largest);
      if (marked && isAt(marked, i, j)) cell.classList.add("marked");
      line.append(cell);
    });
    body.append(line);
  });
  return element("div", { class: "scroll" }, element("table", {}, body));
}

function tint(cell, share) {
  cell.style.setProperty("--share", `${Math.round(Math.abs(share) * 45)}%`);
  cell.classList.add(share < 0 ? "below" : "above");
}

// An element of a vector has one index, a scalar has none. Only the last two axes are shown.
function isAt(entry, i, j) {
  const [row, column] = [0, 0, ...entry].slice(-2);
  return row === i && column === j;
}
