// Where there is no Graphviz: a list of the nodes, in the place of the diagram.

const entries = []; // the button of each node, and its two numbers

function prepareOutline(choose) {
  data.nodes.forEach(({ name, kind }, place) => {
    const [value, gradient] = [element("span", { class: "forward" }), element("span", { class: "backward" })];
    const button = element("button", { type: "button", onclick: () => choose(place) },
      element("b", {}, name), element("span", { class: "quiet" }, kind), value, gradient);
    entries.push({ button, value, gradient });
  });
  const list = element("div", { class: "outline" }, ...entries.map(({ button }) => button));
  document.getElementById("diagram").append(list);
}

function paintOutline(run) {
  const reached = reachedInWalk();
  entries.forEach(({ button, value, gradient }, place) => {
    const arrays = run.whole.nodes[data.nodes[place].name];
    value.textContent = `→ ${briefNumber(normOf(arrays.value))}`;
    gradient.textContent = arrays.gradient ? `← ${briefNumber(normOf(arrays.gradient))}` : "";
    gradient.classList.toggle("later", Boolean(reached) && !reached.gradients.has(place));
    button.setAttribute("aria-pressed", place === (nowInWalk()?.place ?? chosen));
  });
}

views.push({ prepare: prepareOutline, paint: paintOutline });
