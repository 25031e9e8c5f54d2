// A task: a sentence, and a goal that the page recognizes.

let isDone = false;

function prepareTask() {
  document.getElementById("task").hidden = !data.task;
  if (!data.task) return;
  document.getElementById("task-text").textContent = data.task.text;
  for (const control of document.querySelectorAll("[data-control]")) {
    const isLocked = data.task.locked.includes(control.dataset.control);
    control.querySelectorAll("select, input, button").forEach((each) => {
      each.disabled = isLocked;
    });
  }
}

function isLocked(control) {
  return Boolean(data.task?.locked.includes(control));
}

const measures = {
  "loss below": (run, limit) => run.loss < limit,
  "loss above": (run, limit) => run.loss > limit || !Number.isFinite(run.loss) || Boolean(run.stopped),
  "accuracy at least": (run, limit) => accuracyOf(run.whole, run.trained) >= limit,
  "epochs at least": (run, limit) => run.epoch >= limit,
  "epochs at most": (run, limit) => run.epoch <= limit,
  "dead units at least": (run, limit) => deadUnits(run) >= limit,
  "first gradient below": (run, limit) => layerNorms(run.whole)[0] < limit,
  "first gradient share below": (run, limit) => layerNorms(run.whole)[0] / layerNorms(run.whole).at(-1) < limit,
};

function deadUnits(run) {
  const steepest = data.steepest[run.state.activation];
  return activationLayers
    .filter(({ name }) => name in steepest)
    .reduce((sum, { name }) => sum + unitStates(run.whole.nodes[name], steepest[name]).dead, 0);
}

function checkTask(run) {
  if (!data.task || isDone || run.steps === 0) return;
  isDone = Object.entries(data.task.goal).every(([name, limit]) => measures[name](run, limit));
  showTask();
}

function forgetTask() {
  isDone = false;
  if (data.task) showTask();
}

function showTask() {
  document.getElementById("task").classList.toggle("done", isDone);
  document.getElementById("task-done").textContent = isDone ? `✓ ${data.task.done}` : "";
}
