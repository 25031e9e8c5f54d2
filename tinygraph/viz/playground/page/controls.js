// The controls: settings, transport, keys.

const byId = (id) => document.getElementById(id);
const settings = [
  // control, kind of event, what it sets
  ["samples", "change", (value) => Object.assign(state, { data: value, points: null })],
  ["noise", "input", (value) => Object.assign(state, { noise: Number(value) })],
  ["activation", "change", (value) => Object.assign(state, { activation: value })],
  ["optimizer", "change", (value) => Object.assign(state, { optimizer: value })],
  ["lr", "input", (value) => Object.assign(state, { lr: Number((10 ** value).toPrecision(2)) })],
  ["batch", "change", (value) => Object.assign(state, { batch: Number(value) })],
  ["decay", "change", (value) => Object.assign(state, { decay: Number(value) })],
  ["seed", "change", (value) => Object.assign(state, { seed: Number(value) })],
  ["share", "change", (value) => Object.assign(state, { share: Number(value) })],
  ["speed", "input", (value) => Object.assign(state, { speed: Number(value) })],
];
const LIVE = ["lr", "speed", "decay"]; // take effect without a new run

function fillSelect(id, choices) {
  byId(id).replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
}

function fillControls() {
  const own = plane && state.points ? [["points", "drawn"]] : [];
  fillSelect("samples", [[OWN, "your own"], ...own, ...Object.keys(data.sets).map((name) => [name, name])]);
  fillSelect("activation", Object.keys(NETWORKS).map((name) => [name, name]));
  fillSelect("optimizer", Object.keys(UPDATES).map((name) => [name, name]));
  fillSelect("seed", data.starts.map((_, k) => [k, data.starts.length > 1 ? `seed ${k}` : "given"]));
  const sizes = [1, 5, 10, 20, 50, 100].filter((size) => size < run.trained.length);
  fillSelect("batch", [[0, "all samples"], ...new Set([...sizes, ...(state.batch ? [state.batch] : [])])].map((choice) =>
    Array.isArray(choice) ? choice : [choice, String(choice)]));
  fillSelect("decay", [0, 0.001, 0.003, 0.01, 0.03, 0.1].map((size) => [size, String(size)]));
  fillSelect("share", [[1, "all"], [0.8, "80 %"], [0.5, "50 %"]]);
  byId("samples").value = state.points ? "points" : state.data;
  for (const id of ["noise", "activation", "optimizer", "batch", "decay", "seed", "share", "speed"]) byId(id).value = state[id];
  byId("lr").value = Math.log10(state.lr);
  showNumbers();
}

function showNumbers() {
  byId("lr-out").textContent = state.lr;
  byId("noise-out").textContent = state.noise;
  const rate = SPEEDS[state.speed];
  byId("speed-out").textContent = rate === Infinity ? "full speed" : `${rate} / s`;
  byId("lr").setAttribute("aria-valuetext", String(state.lr));
  byId("speed").setAttribute("aria-valuetext", byId("speed-out").textContent);
}

function connectSettings() {
  for (const [id, event, set] of settings) {
    byId(id).addEventListener(event, () => {
      set(byId(id).value);
      if (id === "activation") relabelCards(state.activation);
      if (id === "optimizer") run.forget();
      if (!LIVE.includes(id) && id !== "optimizer") restart({ keep: id === "noise" || id === "batch" });
      if (["samples", "share"].includes(id)) fillControls();
      showNumbers();
      storeHash(state);
      draw();
    });
  }
  byId("settings").addEventListener("submit", (event) => event.preventDefault());
}

function hideWhatDoesNotApply() {
  const isPlane = Boolean(plane) && data.fixedBatch === null;
  for (const element of document.querySelectorAll("[data-if=plane]")) element.hidden = !isPlane;
  for (const element of document.querySelectorAll("[data-if=classes]")) element.hidden = !isPlane || !labels?.classes;
  for (const element of document.querySelectorAll("[data-if=table]")) element.hidden = isPlane;
  for (const element of document.querySelectorAll("[data-seen]")) element.hidden = element.dataset.seen !== regionKind;
  document.querySelector("main").classList.toggle("without-region", regionKind === null);
  for (const element of document.querySelectorAll("[data-if=batches]")) element.hidden = data.fixedBatch !== null;
  byId("activation").closest("label").hidden = Object.keys(NETWORKS).length < 2;
  byId("seed").closest("label").hidden = data.starts.length < 2;
}

function reset() {
  if (isPlaying) play(false);
  restart();
}

const keys = {
  " ": () => play(!isPlaying),
  ArrowRight: oneEpoch,
  ".": oneOp,
  r: reset,
  n: () => chooseNext(1),
  p: () => chooseNext(-1),
  d: switchTheme,
  "+": () => changeSpeed(1),
  "-": () => changeSpeed(-1),
};

function chooseNext(by) {
  const count = data.nodes.length;
  choose((chosen + by + count) % count);
}

function changeSpeed(by) {
  state.speed = Math.max(0, Math.min(SPEEDS.length - 1, state.speed + by));
  byId("speed").value = state.speed;
  showNumbers();
  storeHash(state);
}

function onKey(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || byId("code-dialog").open) return;
  if (target.matches("input, select, textarea") || (key === " " && target.matches("button, summary"))) return;
  if (!(key in keys)) return;
  // In a notebook or a book the keys scroll the page, unless a control is in use.
  if (isFramed && target === document.body) return;
  event.preventDefault();
  keys[key]();
}

function switchTheme() {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  readColours();
  const [context, width, height] = prepared(byId("ramp"));
  for (let x = 0; x < width; x++) {
    context.fillStyle = ramp(x / width);
    context.fillRect(x, 0, 1, height);
  }
  if (run) draw();
}

function connectButtons() {
  byId("play").addEventListener("click", () => play(!isPlaying));
  byId("one-epoch").addEventListener("click", oneEpoch);
  byId("one-op").addEventListener("click", oneOp);
  byId("reset").addEventListener("click", reset);
  byId("theme").addEventListener("click", switchTheme);
  byId("copy").addEventListener("click", () => copyText(pythonOf(run)));
  byId("close").addEventListener("click", () => byId("code-dialog").close());
  byId("save").addEventListener("click", () => download("parameters.json", parametersJson(run), "application/json"));
  document.addEventListener("keydown", onKey);
  window.addEventListener("resize", draw);
  window.addEventListener("hashchange", () => {
    if (window.location.hash.slice(1) === hashOf(state)) return;
    state = stateOf(window.location.hash);
    relabelCards(state.activation);
    restart();
    fillControls();
  });
}

state = stateOf(window.location.hash);
hideWhatDoesNotApply();
prepareDiagram(choose);
prepareNode(choose);
for (const view of views) view.prepare?.(choose);
followTheme(setTheme);
relabelCards(state.activation);
restart();
fillControls();
prepareTask();
connectSettings();
connectButtons();
for (const view of views) view.connect?.();
