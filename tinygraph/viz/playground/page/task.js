// A task: a sentence, a goal that the page recognizes, and locked controls.

let isDone = false;

// Each condition: what it reads, the number of now, and the relation to the limit.
const conditions = {
  "loss below": ["loss", (run) => run.loss, "<"],
  "loss above": ["loss", (run) => (run.stopped || !Number.isFinite(run.loss) ? Infinity : run.loss), ">"],
  "accuracy at least": ["accuracy", (run) => accuracyOf(run.whole, run.trained), "≥"],
  "epochs at least": ["epochs", (run) => run.epoch, "≥"],
  "epochs at most": ["epochs", (run) => run.epoch, "≤"],
  "dead units at least": ["dead units", (run) => deadUnits(run), "≥"],
  "first gradient below": ["gradient of the first layer", (run) => layerNorms(run.whole)[0], "<"],
  "first gradient share below": ["gradient of the first layer ÷ last layer", shareOfFirst, "<"],
  "first gradient share above": ["gradient of the first layer ÷ last layer", shareOfFirst, ">"],
};
const relations = {
  "<": (number, limit) => number < limit,
  ">": (number, limit) => number > limit,
  "≤": (number, limit) => number <= limit,
  "≥": (number, limit) => number >= limit,
};

function shareOfFirst(run) {
  const norms = layerNorms(run.whole);
  return norms[0] / norms.at(-1);
}

function deadUnits(run) {
  const steepest = data.steepest[run.state.activation];
  return activationLayers
    .filter(({ name }) => name in steepest)
    .reduce((sum, { name }) => sum + unitStates(run.whole.nodes[name], steepest[name]).dead, 0);
}

function isLocked(control) {
  return Boolean(data.task?.locked.includes(control));
}

function prepareTask() {
  document.getElementById("task").hidden = !data.task;
  if (!data.task) return;
  document.getElementById("task-text").textContent = data.task.text;
  for (const control of document.querySelectorAll("[data-control]")) {
    control.querySelectorAll("select, input, button").forEach((each) => {
      each.disabled = isLocked(control.dataset.control);
    });
  }
}

// What each condition of the goal says now, and whether it holds.
function goalNow(run) {
  return Object.entries(data.task.goal).map(([name, limit]) => {
    const [what, read, sign] = conditions[name];
    const number = read(run);
    const shown = Number.isFinite(number) ? Number(number.toPrecision(4)) : "not finite";
    return { text: `${what} ${shown} ${sign} ${limit}`, holds: relations[sign](number, limit) };
  });
}

// A task that is done stays done until the next reset.
function checkTask(run) {
  if (!data.task || isDone || run.steps === 0) return;
  isDone = goalNow(run).every(({ holds }) => holds);
}

function forgetTask() {
  isDone = false;
}

function showTask(run) {
  if (!data.task) return;
  checkTask(run);
  document.getElementById("task").classList.toggle("done", isDone);
  const most = data.task.goal["epochs at most"];
  const isLate = !isDone && run.epoch > most;
  const said = isLate ? `More than ${most} epochs: press Reset, and try again.` : "";
  say("task-done", isDone ? `✓ ${data.task.done}` : said);
  const parts = isDone ? [] : goalNow(run);
  document.getElementById("task-goal").replaceChildren(
    ...parts.map(({ text, holds }) => element("span", { class: holds ? "holds" : "" }, holds ? "✓ " : "○ ", text)));
}

// Change a text that is read aloud only when it says something else.
function say(id, text) {
  const place = document.getElementById(id);
  if (place.textContent !== text) place.textContent = text;
}
