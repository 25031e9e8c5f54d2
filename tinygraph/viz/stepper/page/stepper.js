// The viewer: which step is shown, and the keys, buttons, slider and links that change it.

const byId = (id) => document.getElementById(id);
const panel = byId("panel");
const slider = byId("slider");
const list = byId("list");
const phaseButtons = byId("phases").querySelectorAll("button");

const rounds = [];
for (const step of data.steps) (rounds[step.round - 1] ??= []).push(step);
const roundStart = rounds.map((_, r) => data.steps.findIndex((step) => step.round === r + 1));

let place = 0;
let atBlockEnd = false; // a whole block was run
const rows = []; // the button of each step in the list
const hasBlocks = data.blocks.length > 0; // then blocks.js is on the page

function goTo(target) {
  place = Math.min(Math.max(target, 0), data.steps.length - 1);
  atBlockEnd = false;
  show();
}

function onAnswered() {
  show();
  panel.querySelector(".outcome")?.focus();
}

function show() {
  const step = data.steps[place];
  highlightPath(null);
  fillPanel(byId("headline"), panel, place, { predict: byId("predict").checked, goTo, onAnswered });
  const hides = byId("predict").checked && isOpen(place);
  lightDiagram(place - roundStart[step.round - 1], step, hides);
  byId("diagram-note").hidden = step.round === 1;
  slider.value = place + 1;
  slider.setAttribute("aria-valuetext", `step ${place + 1}: ${step.heading}`);
  byId("count").textContent = `step ${place + 1} of ${data.steps.length}`;
  byId("score").textContent = byId("predict").checked ? scoreText() : "";
  byId("first").disabled = byId("back").disabled = place === 0;
  byId("next").disabled = byId("last").disabled = place === data.steps.length - 1;
  for (const button of phaseButtons) {
    button.setAttribute("aria-current", button.className === step.phase);
  }
  notePredict();
  markRow();
  for (const wide of panel.querySelectorAll(".math")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0; // the keyboard can scroll it
  }
  if (!isFramed) history.replaceState(null, "", `#step=${place + 1}`);
}

function markRow() {
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const item = hasBlocks ? rowInBlocks() : rows[place];
  item.setAttribute("aria-current", "step");
  list.scrollTop = item.offsetTop - list.clientHeight / 2;
}

function goToPhase(phase) {
  const { round } = data.steps[place];
  goTo(data.steps.findIndex((step) => step.round === round && step.phase === phase));
}

// At a step without a question, say where the next one is.
function notePredict() {
  const note = byId("predict-note");
  const open = [...data.steps.keys()].filter(isOpen);
  note.hidden = !byId("predict").checked || data.questions[place] || open.length === 0;
  if (note.hidden) return;
  const next = open.find((each) => each > place) ?? open[0];
  note.replaceChildren(
    `This step has no question. The next question is at step ${next + 1}. `,
    element(
      "button",
      { type: "button", class: "quiet", onclick: () => goTo(next) },
      "Go to that question",
    ),
  );
}

// A click on a node goes to its own step in the current phase. If it has none, it goes to the first
// step that reads its value or sends it a gradient.
function goToNode(node) {
  const now = data.steps[place];
  const isOwn = (step) => step.node === node;
  const takesPart = (step) =>
    isOwn(step) ||
    (step.phase === "forward" ? step.inputs : step.outgoing ?? []).some((end) => end.node === node);
  const isHere = (step) => step.round === now.round && step.phase === now.phase;
  for (const isWanted of [
    (step) => isHere(step) && isOwn(step),
    (step) => isHere(step) && takesPart(step),
    (step) => step.round === now.round && takesPart(step),
  ]) {
    const found = data.steps.findIndex(isWanted);
    if (found >= 0) return goTo(found);
  }
}

function fillList() {
  data.steps.forEach((step, k) => {
    rows[k] = stepRow(k, data.nodes[step.node].name);
    addToList(list, k, rows[k]);
  });
}

// Add an item that begins at step `k`, below the heading of its training step.
function addToList(target, k, ...parts) {
  const { round } = data.steps[k];
  if (target === list && rounds.length > 1 && data.steps[k - 1]?.round !== round) {
    list.append(element("li", { class: "round" }, `Training step ${round}`));
  }
  target.append(element("li", {}, ...parts));
}

function stepRow(k, name) {
  const { phase } = data.steps[k];
  return element("button", { type: "button", class: phase, onclick: () => goTo(k) }, arrowOf(phase), name);
}

function arrowOf(phase) {
  const arrow = { forward: "→", backward: "←", update: "↻" }[phase];
  return element("span", { class: "arrow", "aria-label": phase, role: "img" }, arrow);
}

function goToHash() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  goTo(found ? Number(found[1]) - 1 : place);
}

const KEYS = {
  ArrowRight: () => goTo(place + 1),
  ArrowLeft: () => goTo(place - 1),
  Home: () => goTo(0),
  End: () => goTo(data.steps.length - 1),
  " ": () => goTo(place + 1),
};

document.addEventListener("keydown", (event) => {
  const target = event.target;
  const isTyping = target.matches("input[type=text], select");
  const isControl = target.matches("button, summary, input");
  const key = hasBlocks && event.shiftKey ? `Shift ${event.key}` : event.key;
  if (isTyping || event.altKey || event.ctrlKey || event.metaKey || !KEYS[key]) return;
  if (event.key === " " && isControl) return; // Space presses the control
  if (target === slider) return; // it moves by itself
  // In a notebook or a book, the keys scroll the page, unless a control of the viewer has the focus.
  if (isFramed && target === document.body) return;
  event.preventDefault();
  KEYS[key]();
});

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

followTheme(setTheme);
byId("theme").addEventListener("click", () => {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
});

byId("first").addEventListener("click", KEYS.Home);
byId("back").addEventListener("click", KEYS.ArrowLeft);
byId("next").addEventListener("click", KEYS.ArrowRight);
byId("last").addEventListener("click", KEYS.End);
byId("predict").addEventListener("change", show);
for (const button of phaseButtons) {
  button.addEventListener("click", () => goToPhase(button.className));
}
byId("enlarge").addEventListener("click", (event) => enlargeDiagram(event.currentTarget));
slider.max = data.steps.length;
slider.addEventListener("input", () => goTo(Number(slider.value) - 1));
window.addEventListener("hashchange", goToHash);

const hasUpdate = data.steps.some((step) => step.phase === "update");
const untrue = hasUpdate ? "no-update" : "update";
document.querySelectorAll(`[data-if="${untrue}"]`).forEach((element) => element.remove());
(hasBlocks ? fillBlocks : fillList)();
prepareDiagram(rounds, goToNode);
goToHash();
