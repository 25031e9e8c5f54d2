// The diagram: lit up as far as the run has come, and clickable.

const stage = document.getElementById("diagram");
const svg = stage.querySelector("svg");
const EASY_SCALE = 0.6; // to fit the width it gets no smaller: the diagram scrolls instead
const SMALLEST_SCALE = 0.4; // to fit the height
const SHARE_OF_WINDOW = 0.48;
const PIXELS_PER_POINT = 4 / 3;

// In each training step, an element lights up at one step, counted from the first of that training step.
const lights = [];
let isEnlarged = false;
let frame = null; // around the card of the step

// The card of a node: its own, or that of the group in which it is drawn.
function cardOf(node) {
  return data.nodes[node].card ?? node;
}

function prepareDiagram(rounds, goTo) {
  if (!svg) return;
  cropLegend();
  fitDiagram();
  window.addEventListener("resize", fitDiagram);

  const steps = rounds[0];
  const forwardAt = new Map();
  const backwardAt = new Map();
  const gradientAt = new Map();
  steps.forEach((step, k) => {
    const card = cardOf(step.node); // a group is done when its last step is
    if (step.phase === "forward") forwardAt.set(card, k);
    if (step.phase !== "backward") return;
    backwardAt.set(card, k);
    if (!gradientAt.has(card)) gradientAt.set(card, k);
    for (const leaving of step.outgoing) {
      const other = cardOf(leaving.node);
      if (!gradientAt.has(other)) gradientAt.set(other, k);
    }
  });
  // A diagnosis is about the whole backward pass, so it is shown at its end.
  const end = steps.findLastIndex((step) => step.phase === "backward");
  const light = (element, since) => lights.push({ element, since });
  for (const element of svg.querySelectorAll("[data-node]")) {
    const node = Number(element.dataset.node);
    if (element.classList.contains("tg-grad")) light(element, gradientAt.get(node) ?? Infinity);
    else if (element.classList.contains("tg-mark")) light(element, end);
    else if (element.classList.contains("tg-value")) light(element, forwardAt.get(node) ?? -1);
    else {
      element.classList.add("card");
      element.addEventListener("click", () => goTo(node));
    }
  }
  for (const element of svg.querySelectorAll("[data-from]")) {
    const reader = Number(element.dataset.to);
    const isGradient = element.classList.contains("tg-backward");
    light(element, (isGradient ? backwardAt : forwardAt).get(reader) ?? Infinity);
  }
  frame = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  frame.setAttribute("class", "frame");
  frame.setAttribute("rx", 3);
  svg.querySelector("g").append(frame);
}

// The page has its own legend, so the diagram can be larger without its own.
function cropLegend() {
  const drawn = [...svg.querySelectorAll(".node, .cluster, .edge")].map((each) =>
    each.getBoundingClientRect(),
  );
  const whole = svg.getBoundingClientRect();
  const lowest = Math.max(...drawn.map((box) => box.bottom)) + 12;
  const box = svg.viewBox.baseVal;
  const share = Math.min((lowest - whole.top) / whole.height, 1);
  const height = box.height * share;
  if (share > 0) svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${height}`);
}

// As large as the width and half of the window's height allow, but never too small to read. On request,
// it is larger and scrolls.
function fitDiagram() {
  const box = svg.viewBox.baseVal;
  const width = box.width * PIXELS_PER_POINT;
  const height = box.height * PIXELS_PER_POINT;
  const most = Math.max(window.innerHeight * SHARE_OF_WINDOW, 256); // in pixels
  const acrossRoom = Math.max((stage.clientWidth - 4) / width, EASY_SCALE);
  const room = isEnlarged ? 1.2 : Math.min(acrossRoom, (most - 4) / height);
  const scale = Math.min(Math.max(room, SMALLEST_SCALE), 1.2);
  stage.style.maxHeight = `${most}px`;
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}

function enlargeDiagram(button) {
  isEnlarged = !isEnlarged;
  button.setAttribute("aria-pressed", isEnlarged);
  fitDiagram();
}

// Show the state after step `k` of its training step; `node` is the active node.
function lightDiagram(k, step, hideGradients) {
  if (!svg) return;
  for (const { element, since } of lights) {
    element.classList.toggle("later", since > k || (since === k && hideGradients));
    element.classList.toggle("now", since === k && "from" in element.dataset);
  }
  const card = svg.querySelector(`.card[data-node="${cardOf(step.node)}"]`);
  frame.toggleAttribute("hidden", !card);
  if (!card) return;
  const box = card.getBBox();
  const edge = 4;
  frame.setAttribute("x", box.x - edge);
  frame.setAttribute("y", box.y - edge);
  frame.setAttribute("width", box.width + 2 * edge);
  frame.setAttribute("height", box.height + 2 * edge);
  frame.setAttribute("class", `frame ${step.phase}`);
  bringIntoView(card);
}

function bringIntoView(card) {
  const inner = card.getBoundingClientRect();
  const outer = stage.getBoundingClientRect();
  if (inner.left < outer.left || inner.right > outer.right) {
    stage.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  }
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    stage.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
  }
}

// Highlight one path, the loss first; null shows the whole diagram again.
function highlightPath(nodes) {
  if (!svg) return;
  svg.classList.toggle("tracing", Boolean(nodes));
  svg.querySelectorAll(".on-path").forEach((element) => element.classList.remove("on-path"));
  const cards = (nodes ?? []).map(cardOf);
  cards.forEach((card, k) => {
    svg.querySelector(`.card[data-node="${card}"]`)?.classList.add("on-path");
    if (k === 0) return;
    const arrow = `[data-from="${card}"][data-to="${cards[k - 1]}"]`;
    for (const element of svg.querySelectorAll(arrow)) {
      element.classList.add("on-path");
    }
  });
}
