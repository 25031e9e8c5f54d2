// One op at a time: forward through the ops, backward in reverse order, then the update.

const opsInOrder = data.nodes
  .map((node, place) => ({ node, place }))
  .filter(({ node }) => node.inputs.length && node.isTrained)
  .map(({ place }) => place);
const walkSteps = [
  ...opsInOrder.map((place) => ({ phase: "forward", place })),
  ...[...opsInOrder].reverse().map((place) => ({ phase: "backward", place })),
  { phase: "update", place: null },
];
let position = null; // in walkSteps; null outside a walk
let moved = []; // a number of the first parameter, before and after the update of the walk

function nowInWalk() {
  return position === null ? null : walkSteps[position];
}

// What the walk has computed so far; null shows everything.
function reachedInWalk() {
  if (position === null) return null;
  const reached = { forward: new Set(), backward: new Set(), gradients: new Set() };
  for (const { phase, place } of walkSteps.slice(0, position + 1)) {
    if (phase === "forward") reached.forward.add(place);
    if (phase !== "backward") continue;
    reached.backward.add(place);
    reached.gradients.add(place);
    data.nodes[place].inputs.forEach((parent) => reached.gradients.add(parent));
  }
  return reached;
}

function sentenceOf(state) {
  const step = nowInWalk();
  if (!step) {
    return [element("span", {},
      "Every step runs the graph ", element("b", { class: "forward" }, "forward"), " and ",
      element("b", { class: "backward" }, "backward"), ", then updates every parameter. Press ",
      element("b", {}, "Train"), ", or walk with ", element("b", {}, "One op"), ".",
    )];
  }
  const parts = [element("span", { class: `phase ${step.phase}` }, step.phase)];
  const count = element("span", { class: "quiet" }, `${position + 1} of ${walkSteps.length}`);
  if (step.phase === "update") {
    const { name } = data.nodes[data.trained[0]];
    const numbers = moved.map(shortNumber).join(" → ");
    return [...parts, element("b", {}, state.optimizer), ...data.rules[state.optimizer].map((k) => formula(k)),
      element("span", {}, `with η = ${state.lr}, and so for every parameter.`),
      element("span", { class: "update" }, `The first number of ${name}: ${numbers}.`), count];
  }
  const { forward, backward } = data.texts[state.activation][step.place];
  const formulas = step.phase === "forward" ? [forward] : backward;
  return [...parts, element("b", {}, data.nodes[step.place].name), ...formulas.map((k) => formula(k)), count];
}
