// The state of the controls, and its form in the address: a link opens the same playground.

const firstOf = (choices) => Object.keys(choices)[0];
const OWN = "own";

function startState() {
  const optimizer = firstOf(data.optimizers);
  return {
    data: OWN,
    points: null, // drawn or uploaded ones
    noise: 0,
    activation: firstOf(NETWORKS),
    optimizer,
    lr: data.optimizers[optimizer].settings.lr ?? 0.1,
    batch: 0, // all samples
    decay: 0,
    seed: 0,
    share: 1,
    speed: 5,
  };
}

// The control that sets each part of the state: a task can lock it, also against the address.
const CONTROL_OF = {
  data: "data",
  points: "points",
  noise: "noise",
  activation: "activation",
  optimizer: "optimizer",
  lr: "learning rate",
  batch: "batch size",
  decay: "L2",
  seed: "start values",
  share: "training data",
};
const NUMBERS = ["noise", "lr", "batch", "decay", "seed", "share", "speed"];

function hashOf(state) {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (key !== "points" && value !== startState()[key]) parts.set(key, value);
  }
  if (state.points) {
    parts.set("points", state.points.map((point) => point.map((n) => Number(n.toFixed(4))).join(",")).join(";"));
  }
  return parts.toString();
}

// Whatever in a hash is not a valid choice is left out.
function stateOf(hash) {
  const state = startState();
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  for (const [key, control] of Object.entries(CONTROL_OF)) if (isLocked(control)) parts.delete(key);
  const points = (parts.get("points") ?? "").split(";").map((point) => point.split(",").map(Number));
  if (plane && parts.has("points") && points.every((p) => p.length === 3 && p.every(Number.isFinite))) {
    state.points = points.slice(0, LIMIT);
  }
  if (parts.get("data") in data.sets) state.data = parts.get("data");
  if (parts.get("activation") in NETWORKS) state.activation = parts.get("activation");
  if (parts.get("optimizer") in UPDATES) state.optimizer = parts.get("optimizer");
  for (const key of NUMBERS) {
    const number = Number(parts.get(key));
    if (parts.has(key) && Number.isFinite(number) && number >= 0) state[key] = number;
  }
  if (!(state.seed in data.starts)) state.seed = 0;
  if (!(state.lr > 0)) state.lr = startState().lr;
  state.speed = Math.min(SPEEDS.length - 1, Math.round(state.speed));
  if (!(state.share >= 0.1 && state.share <= 1)) state.share = 1;
  state.batch = Math.round(state.batch);
  return state;
}

function storeHash(state) {
  try {
    window.history.replaceState(null, "", `#${hashOf(state)}`);
  } catch {
    // A frame without an address, as in a notebook.
  }
}
