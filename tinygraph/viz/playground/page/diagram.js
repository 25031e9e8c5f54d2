// The diagram: the picture that Graphviz laid out, with the numbers of now.

const stage = document.getElementById("diagram");
const svg = stage.querySelector("svg");
const CELL = 9;
const MOST_CELLS = 8;
const THINNEST = 1.2;
const THICKEST = 6;
const cards = new Map(); // the parts of each card that change, by node
const arrows = []; // the gradient arrows and value arrows
let ringNow = null; // around the card of the present op
let ringChosen = null; // around the card that the node panel shows
const arrowScale = { low: 1e-3, high: 1 };

function prepareDiagram(choose) {
  document.getElementById("enlarge").hidden = !svg;
  if (!svg) return;
  cropDiagram();
  data.nodes.forEach((_, place) => {
    const card = svg.querySelector(`#tg-n-${place}`);
    if (!card) return;
    const panel = (kind) => svg.querySelector(`#tg-${kind}-${place}`);
    cards.set(place, { card, value: cellsOf(panel("v")), gradient: cellsOf(panel("d")) });
    card.addEventListener("click", () => choose(place));
  });
  for (const edge of svg.querySelectorAll("[data-from]")) {
    arrows.push({
      edge,
      from: Number(edge.dataset.from),
      to: Number(edge.dataset.to),
      isGradient: edge.classList.contains("tg-backward"),
      line: edge.querySelector("path"),
      head: edge.querySelector("polygon"),
    });
  }
  const enlarge = document.getElementById("enlarge");
  enlarge.addEventListener("click", () => {
    enlarge.setAttribute("aria-pressed", stage.classList.toggle("large"));
  });
  ringNow = ring("now");
  ringChosen = ring("chosen");
}

// The page has a legend and colours of its own, so the picture needs neither margin nor paper.
function cropDiagram() {
  const drawing = svg.querySelector("g");
  drawing.querySelector(":scope > path")?.remove();
  const box = drawing.getBBox();
  const { e, f } = drawing.transform.baseVal.consolidate().matrix;
  svg.setAttribute("viewBox", `${box.x + e - 6} ${box.y + f - 6} ${box.width + 12} ${box.height + 12}`);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.style.setProperty("--natural", `${Math.round(box.width * 0.95)}px`);
}

function cellsOf(panel) {
  if (!panel) return null;
  const cells = [...panel.querySelectorAll(".cells rect")].map((cell) => ({
    cell,
    row: Math.round(cell.getAttribute("y") / CELL),
    column: Math.round(cell.getAttribute("x") / CELL),
  }));
  const most = (axis) => Math.max(MOST_CELLS, ...cells.map((cell) => cell[axis] + 1));
  return { panel, cells, text: [...panel.querySelectorAll("text")].at(-1), rows: most("row"), columns: most("column") };
}

function ring(kind) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  made.setAttribute("class", `ring ${kind}`);
  svg.querySelector("g").append(made);
  return made;
}

function placeRing(rectangle, place) {
  const card = place === null ? null : cards.get(place)?.card;
  rectangle.toggleAttribute("hidden", !card);
  if (!card) return;
  const box = card.getBBox();
  const gap = 4;
  rectangle.setAttribute("x", box.x - gap);
  rectangle.setAttribute("y", box.y - gap);
  rectangle.setAttribute("width", box.width + 2 * gap);
  rectangle.setAttribute("height", box.height + 2 * gap);
}

// `reached` says how far a walk has come; null shows everything.
function paintDiagram(run, reached, present, chosen) {
  if (!svg) return;
  const { nodes } = run.whole;
  const norms = data.nodes.map(({ name }) => normOf(nodes[name]?.gradient ?? null));
  const limits = valueLimits(nodes);
  const gradientLimit = Math.max(...[...cards].map(([place, { gradient }]) =>
    largestShown(gradient, nodes[data.nodes[place].name]?.gradient, marksOf(data.nodes[place]))));
  for (const [place, { value, gradient }] of cards) {
    const node = data.nodes[place];
    const arrays = nodes[node.name];
    if (!arrays) continue;
    const rows = marksOf(node);
    paintCells(value, arrays.value, limits[node.scale], rows, (share) => share);
    if (!node.shape.length && value?.text) value.text.textContent = shortNumber(arrays.value.data[arrays.value.offset]);
    if (arrays.gradient && gradient) {
      paintCells(gradient, arrays.gradient, gradientLimit, rows, Math.cbrt);
      const sign = node.shape.length ? "‖∇‖ " : "∇ ";
      const shown = node.shape.length ? norms[place] : arrays.gradient.data[arrays.gradient.offset];
      if (gradient.text) gradient.text.textContent = sign + briefNumber(shown);
    }
    value?.panel.classList.toggle("later", Boolean(reached) && node.inputs.length > 0 && !reached.forward.has(place));
    gradient?.panel.classList.toggle("later", Boolean(reached) && !reached.gradients.has(place));
  }
  paintArrows(nodes, reached);
  placeRing(ringNow, present);
  placeRing(ringChosen, present === null ? chosen : null);
}

// The largest value among the nodes of one kind, such as all activations: they share a scale.
function valueLimits(nodes) {
  const limits = {};
  for (const { name, scale } of data.nodes) {
    if (nodes[name]) limits[scale] = Math.max(limits[scale] ?? 0, largestOf(nodes[name].value));
  }
  return limits;
}

// Evenly spread positions, as on the cards of tg.render.
function spread(size, most = MOST_CELLS) {
  if (size <= most) return Array.from({ length: size }, (_, k) => k);
  return Array.from({ length: most }, (_, k) => Math.round((k * (size - 1)) / (most - 1)));
}

// The samples whose rows a card shows; null for an array without samples.
function marksOf(node) {
  return node.shape[0] === null ? data.marks : null;
}

// Call act(cell, number) for each cell of a card.
function eachCell(half, view, marks, act) {
  if (!half || !view) return;
  const [rowCount, columnCount] = matrixShape(view);
  const rows = marks && view.shape.length === 2 ? marks : spread(rowCount, half.rows);
  const columns = marks && view.shape.length === 1 ? marks : spread(columnCount, half.columns);
  for (const { cell, row, column } of half.cells) {
    act(cell, elementAt(view, rows[row] % rowCount, columns[column] % columnCount));
  }
}

function largestShown(half, view, marks) {
  let largest = 0;
  eachCell(half, view, marks, (_, number) => {
    if (Number.isFinite(number)) largest = Math.max(largest, Math.abs(number));
  });
  return largest;
}

function paintCells(half, view, limit, marks, shaped) {
  eachCell(half, view, marks, (cell, number) => {
    const share = shaped(number / (limit || 1));
    cell.setAttribute("fill", heat(share));
    cell.classList.toggle("n", share < 0);
  });
}

// Each arrow carries what its own reader sends back: a node read twice has two contributions.
function paintArrows(nodes, reached) {
  const sizes = new Map();
  for (const arrow of arrows.filter(({ isGradient }) => isGradient)) {
    const reader = data.nodes[arrow.to];
    const sent = reader.inputs.flatMap((from, position) =>
      from === arrow.from ? [normOf(nodes[reader.name]?.passes?.[position] ?? null) ?? 0] : []);
    sizes.set(arrow, Math.hypot(...sent));
  }
  const seen = [...sizes.values()].filter((size) => size > 0 && size < Infinity);
  arrowScale.high = Math.max(...seen, 1e-12);
  arrowScale.low = Math.max(Math.min(...seen, arrowScale.high / 10), arrowScale.high * 1e-6);
  for (const { edge, to, isGradient } of arrows) {
    edge.classList.toggle("later", Boolean(reached) && !(isGradient ? reached.backward : reached.forward).has(to));
  }
  for (const [{ line, head }, size] of sizes) {
    const share = Math.log(size / arrowScale.low) / Math.log(arrowScale.high / arrowScale.low);
    const strength = size > 0 ? Math.max(0, Math.min(1, share)) : 0;
    const width = (THINNEST + (THICKEST - THINNEST) * strength).toFixed(2);
    const colour = size > 0 ? ramp(strength) : colours.line;
    line.setAttribute("stroke", colour);
    line.setAttribute("stroke-width", width);
    head.setAttribute("fill", colour);
    head.setAttribute("stroke", colour);
    head.setAttribute("stroke-width", width);
  }
}

// Another activation: its cards get its name and formula.
function relabelCards(activation) {
  data.texts[activation].forEach((text, place) => {
    const card = cards.get(place)?.card;
    if (!text || !card || data.nodes[place].kind === text.kind) return;
    const lines = [...card.querySelectorAll(":scope > text")];
    const kind = lines.find((line) => line.textContent.trim() === data.nodes[place].kind);
    if (kind) kind.textContent = text.kind;
    const formulaLine = lines.find((line) => line.getAttribute("font-style") === "italic");
    if (formulaLine) formulaLine.textContent = text.formula;
    data.nodes[place].kind = text.kind;
  });
}

// At most two digits, for the narrow panels of the cards.
function briefNumber(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const isPlain = size >= 0.001 && size < 1000;
  const text = isPlain ? String(Number(value.toPrecision(2))) : value.toExponential(0).replace("e+", "e");
  return text.replaceAll("-", "−");
}
