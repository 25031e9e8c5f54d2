// The panel of one node: its formulas, its numbers for the marked samples, and histograms.

let shownNode = "";

function prepareNode(choose) {
  const choice = document.getElementById("node-choice");
  choice.append(...data.nodes.map(({ name }, place) => element("option", { value: place }, name)));
  choice.addEventListener("change", () => choose(Number(choice.value)));
}

function paintNode(run, place) {
  const node = data.nodes[place];
  const { value, gradient } = run.whole.nodes[node.name];
  const key = `${place} ${run.state.activation}`;
  if (shownNode !== key) {
    shownNode = key;
    describeNode(run, node, place);
  }
  const isArray = value.shape.length > 0;
  const size = isArray ? `norm ${briefNumber(normOf(value))}` : briefNumber(value.data[value.offset]);
  document.getElementById("value-caption").textContent = `value: ${size}`;
  document.getElementById("gradient-caption").textContent = gradient
    ? `gradient: norm ${briefNumber(normOf(gradient))}`
    : "no gradient";
  paintHistogram(document.getElementById("value-histogram"), value, colours.value);
  paintHistogram(document.getElementById("gradient-histogram"), gradient, colours.glow);
  document.getElementById("node-numbers").replaceChildren(...numbersOfStep(run, node).map((shown) => numbersFigure(...shown)));
}

// What the op of a walk reads and gives: values forward, gradients backward.
function numbersOfStep(run, node) {
  const arrays = run.whole.nodes[node.name];
  const own = ["value", "gradient"].filter((kind) => arrays[kind]);
  const parents = node.inputs.map((place) => data.nodes[place]);
  const phase = nowInWalk()?.phase;
  if (phase === "forward") {
    return [...parents.map((parent) => [parent.name, run.whole.nodes[parent.name].value, parent]),
      [`→ ${node.name}`, arrays.value, node]];
  }
  if (phase === "backward") {
    const sent = parents.map((parent, k) => [`← to ${parent.name}`, arrays.passes?.[k], parent]);
    return [[`gradient of ${node.name}`, arrays.gradient, node], ...sent.filter(([, view]) => view)];
  }
  return own.map((kind) => [kind, arrays[kind], node]);
}

function describeNode(run, node, place) {
  const shape = node.shape.map((size) => size ?? "B").join("×") || "one number";
  document.getElementById("node-choice").value = place;
  document.getElementById("node-kind").textContent = `${node.kind}, ${shape}`;
  const text = data.texts[run.state.activation][place];
  const about = node.role === "parameter" ? "A parameter: the update moves it." : "Given from outside.";
  document.getElementById("node-formulas").replaceChildren(
    ...(text ? [text.forward, ...text.backward].map((k) => formula(k, true)) : [element("p", { class: "quiet" }, about)]),
  );
}

// The rows of the marked samples, of a sequence or an image the rows of one; or those of a parameter.
function numbersFigure(title, whole, node) {
  const hasRows = node.shape[0] !== null || whole.shape.length < 3;
  const view = hasRows ? whole : partOf(whole, data.marks[0] % whole.shape[0]);
  const [rows, columns] = matrixShape(view);
  const isBatch = hasRows && node.shape[0] === null;
  const marks = data.marks.filter((row) => row < rows);
  const chosen = isBatch && view.shape.length > 1 ? marks : spread(Math.min(rows, 4));
  const entries = chosen.map((row) =>
    spread(Math.min(columns, 4)).map((column) => {
      const number = elementAt(view, row, column);
      return Number.isFinite(number) ? number : String(number);
    }));
  const shown = marks.map((_, k) => "①②③"[k] ?? k + 1).join("");
  const samples = !hasRows ? ", ①" : isBatch && view.shape.length > 1 ? `, ${shown}` : "";
  return element("figure", { class: "array" },
    element("figcaption", {}, `${title}${samples}`), arrayTable({ entries, shape: view.shape }, false, null));
}
