// Sums over paths: the derivative with respect to one element, path by path.

function pathsDetails(node, step, identifier) {
  const sums = data.paths[node];
  if (step.round !== 1) return null;
  const details = element(
    "details",
    { class: "paths" },
    element("summary", {}, "Why this number? The sum over all paths"),
  );
  if (!sums) {
    details.append(
      element("p", {}, "This run has too many numbers for a list of paths. Feed fewer samples."),
    );
    return details;
  }
  const shown = element("div");
  const select = element("select", { "aria-label": "Element" });
  sums.forEach((sum, k) => {
    select.append(element("option", { value: k }, entryName(identifier, sum.entry)));
  });
  const show = () => {
    highlightPath(null);
    shown.replaceChildren(...pathSum(sums[Number(select.value)], identifier));
  };
  select.addEventListener("change", show);
  details.addEventListener("toggle", () => (details.open ? show() : highlightPath(null)));
  details.append(
    element("p", {}, "Element ", select, " (those with the largest gradients)"),
    shown,
  );
  return details;
}

function pathSum(sum, identifier) {
  const listed = sum.largest.reduce((total, path) => total + path.product, 0);
  const rest = sum.count - sum.largest.length;
  const rows = sum.largest.map((path, k) => pathRow(path, k));
  return [
    element(
      "p",
      {},
      element("code", {}, `${entryName(identifier, sum.entry)} = ${shortNumber(sum.total)}`),
      ` is the sum over ${plural(sum.count, "path")} from the loss to this number `,
      "(paths with a factor 0 are left out). ",
      "Multiply the local derivatives along each path, then add the paths. ",
      "Each sample and each op that uses a value gives another path. ",
      "This is why gradients are added with += .",
    ),
    element("ol", { class: "path-list" }, ...rows),
    element(
      "p",
      {},
      rest > 0
        ? `Only the largest paths are listed. ` +
            `The sum of the other ${plural(rest, "path")} is ${shortNumber(sum.total - listed)}.`
        : "These are all paths.",
    ),
  ];
}

function pathRow(path, k) {
  const nodes = path.arrows.map(([node]) => node);
  const factors = path.arrows.slice(1).map(([, , factor]) => shortNumber(factor));
  const places = path.arrows.map(([node, entry]) => entryName(data.nodes[node].name, entry));
  const button = element(
    "button",
    { type: "button", class: "quiet", "aria-pressed": "false" },
    `Show path ${k + 1}`,
  );
  button.addEventListener("click", () => {
    const isOn = button.getAttribute("aria-pressed") === "true";
    document
      .querySelectorAll(".path-list button")
      .forEach((each) => each.setAttribute("aria-pressed", "false"));
    button.setAttribute("aria-pressed", String(!isOn));
    highlightPath(isOn ? null : nodes);
  });
  return element(
    "li",
    {},
    button,
    element("code", { class: "factors" }, `${factors.join(" × ")} = ${shortNumber(path.product)}`),
    element("span", { class: "note" }, places.join(" ← ")),
  );
}
