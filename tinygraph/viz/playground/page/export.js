// Take the run away: the Python code that makes it, and the parameters as JSON.

function pythonOf(run) {
  const { state } = run;
  const { settings } = data.optimizers[state.optimizer];
  const given = Object.entries({ ...settings, lr: state.lr }).map(([name, value]) => `${name}=${value}`);
  const lines = ["import numpy as np", "import tinygraph as tg", "", "# model: the graph of this page"];
  if (state.activation !== firstOf(NETWORKS)) lines.push(`# with ${state.activation} as the activation of its hidden layers`);
  for (const [name, numbers] of Object.entries(data.starts[state.seed])) {
    lines.push(`model[${pythonText(name)}].value = np.reshape([${numbers.join(", ")}], model[${pythonText(name)}].shape)`);
  }
  lines.push(...dataLines(run), `optimizer = tg.${state.optimizer}(model.parameters, ${given.join(", ")})`);
  const batch = run.isWhole ? "" : `batch_size=${run.size}, rng=np.random.default_rng(0), `;
  const feeds = Object.keys(data.feeds).map((name) => `${pythonText(name)}: ${variableOf(name)}`).join(", ");
  if (state.decay) lines.push(`# The page adds ${state.decay} * w to each gradient (L2).`);
  lines.push(`history = tg.fit(model, optimizer, epochs=${Math.max(1, run.epoch)}, ${batch}**{${feeds}})`);
  return `${lines.join("\n")}\n`;
}

function pythonText(text) {
  return JSON.stringify(text);
}

function variableOf(name) {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `feed_${name.replace(/\W/g, "_")}`;
}

function dataLines(run) {
  return Object.entries(data.feeds).map(([name, { shape, perSample }]) => {
    const { data: numbers } = run.whole.nodes[name].value;
    const size = perSample ? [run.trained.length, ...shape.slice(1)] : shape;
    const kind = labels?.coding === "indices" && name === labels.name ? ".astype(int)" : "";
    return `${variableOf(name)} = np.reshape([${[...numbers].join(", ")}], (${size.join(", ")}${size.length === 1 ? "," : ""}))${kind}`;
  });
}

function parametersJson(run) {
  return JSON.stringify(run.parameters(), null, 1);
}

// Offer a text as a file.
function download(name, text, type) {
  const link = element("a", { href: `data:${type};charset=utf-8,${encodeURIComponent(text)}`, download: name });
  link.click();
}

// The clipboard may be out of reach, in a sandbox for example: the text can then be copied by hand.
async function copyText(text) {
  const dialog = document.getElementById("code-dialog");
  document.getElementById("code-text").value = text;
  dialog.showModal();
  document.getElementById("code-text").select();
  try {
    await navigator.clipboard.writeText(text);
    document.getElementById("code-note").textContent = "Copied to the clipboard.";
  } catch {
    document.getElementById("code-note").textContent = "Copy this text.";
  }
}
