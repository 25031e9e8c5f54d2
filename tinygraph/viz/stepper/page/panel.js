// The panel: one step in words, as a formula, as NumPy and in numbers.

const BODIES = { forward: forwardBody, backward: backwardBody, update: updateBody };

function fillPanel(headline, panel, place, options) {
  const step = data.steps[place];
  headline.className = step.phase;
  headline.replaceChildren(
    element("h2", {}, step.heading),
    element("p", { class: "sentence" }, step.sentence),
  );
  const asks = options.predict && isOpen(place);
  panel.replaceChildren(
    ...[
      options.predict ? outcomeLine(place) : null,
      ...BODIES[step.phase](step, place, asks, options),
    ].filter(Boolean),
  );
  if (options.predict && place === data.steps.length - 1) panel.append(scoreCard(options.goTo));
  for (const box of panel.querySelectorAll(".scroll")) {
    // A box that scrolls must be reachable by keyboard.
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Numbers, scrollable");
    }
  }
}

function forwardBody(step, place, asks, { onAnswered }) {
  const read = step.inputs.map((input) => arrayFigure(titled("input ", input.symbol), input.array));
  const computed = arrayFigure(titled("computes ", step.symbol), step.value, { tone: "value" });
  return [
    element("div", { class: "written" }, formula(step.math, true), codeLine(step.code)),
    asks
      ? beside(element("div", { class: "arrays" }, ...read), ...askedPart(place, onAnswered))
      : element("div", { class: "arrays" }, ...read, computed),
  ];
}

// The given numbers, and next to them the question or the result.
function beside(given, ...rest) {
  return element("div", { class: "beside" }, given, element("div", {}, ...rest));
}

function backwardBody(step, place, asks, { onAnswered }) {
  const leaving = asks
    ? [askedGradient(step, place, onAnswered)]
    : step.outgoing.map((leaving) => outgoingPart(leaving, step));
  return [
    beside(
      element(
        "div",
        { class: "arrays" },
        arrayFigure(titled("incoming: ", step.incomingSymbol), step.incoming, { tone: "gradient" }),
        arrayFigure(titled("forward value ", step.symbol), step.value, { tone: "value" }),
      ),
      ...leaving,
    ),
  ];
}

// The reason for a formula, in the names of the graph.
function reason(why) {
  return why ? element("p", { class: "why" }, `Because ${why}.`) : null;
}

function outgoingPart(leaving, step) {
  const name = data.nodes[leaving.node].name;
  return element(
    "section",
    { class: "outgoing", "aria-label": `Towards ${name}` },
    element("h3", {}, "Towards ", name),
    ...written(leaving, step),
    element(
      "div",
      { class: "arrays" },
      ...factors(leaving),
      arrayFigure(titled("contribution: ", leaving.symbol), leaving.contribution, { tone: "gradient" }),
      leaving.before !== null
        ? arrayFigure(titled("sum so far (+=): ", leaving.symbol), leaving.total, {
            tone: "gradient",
          })
        : null,
    ),
    isParameter(leaving.node) ? pathsDetails(leaving.node, step, leaving.identifier) : null,
  );
}

// The formula, the line of NumPy and the reason.
function written(leaving, step) {
  return [
    element("div", { class: "written" }, formula(leaving.math, true), codeLine(leaving.code)),
    reason(leaving.why),
    leaving.arrival ? element("p", { class: "why arrival" }, leaving.arrival) : null,
  ];
}

function factors(leaving) {
  if (leaving.local === null) return [];
  const title = element("span", {}, "local derivative ", element("code", {}, leaving.localCode));
  return [arrayFigure(title, leaving.local)];
}

function isParameter(node) {
  return data.nodes[node].kind === "parameter";
}

function askedGradient(step, place, onAnswered) {
  const leaving = step.outgoing[data.questions[place].outgoing];
  return element(
    "section",
    { class: "outgoing", "aria-label": "Question" },
    ...written({ ...leaving, arrival: "" }, step), // whether to add is a part of the question
    element(
      "div",
      { class: "arrays" },
      ...factors(leaving),
      leaving.before === null ? null : arrivedBefore(leaving),
    ),
    ...askedPart(place, onAnswered),
  );
}

function arrivedBefore(leaving) {
  return arrayFigure(titled("before this step: ", leaving.symbol), leaving.before, {
    tone: "gradient",
  });
}

function updateBody(step, place, asks, { onAnswered, predict }) {
  const question = data.questions[place];
  const settings = step.settings.flatMap(([symbol, value, name], k) => [
    k ? ", " : "With ",
    formula(symbol),
    ` = ${value} (`,
    element("code", {}, name),
    ")",
  ]);
  const memory = step.memory.map(([slot, array]) =>
    arrayFigure(`${slot}, state before this step`, array),
  );
  const lines = step.lines.map((line) =>
    element(
      "li",
      {},
      element(
        "div",
        {},
        element(
          "div",
          {},
          formula(line.math, true),
          codeLine(line.code),
          element("p", { class: "why" }, line.why),
        ),
        asks ? null : lineResult(line, step),
      ),
    ),
  );
  const given = [
    element(
      "div",
      { class: "arrays" },
      arrayFigure(titled("before: ", step.symbol), step.value, { tone: "value" }),
      arrayFigure(titled("its gradient ", step.incomingSymbol), step.incoming, {
        tone: "gradient",
      }),
      ...memory,
    ),
    element("ol", { class: "lines" }, ...lines),
  ];
  const withWhat = element("p", { class: "settings" }, ...settings);
  if (asks) return [withWhat, beside(element("div", {}, ...given), ...askedPart(place, onAnswered))];
  return [
    element("p", { class: "loss" }, step.loss),
    withWhat,
    ...given,
    predict && question
      ? arrayFigure(titled("asked for: ", question.symbol), question.array)
      : null,
    lines.length ? null : arrayFigure(titled("after: ", step.symbol), step.after),
    pathsDetails(step.node, step, step.incomingIdentifier),
  ];
}

function lineResult(line, step) {
  const isNew = line.name === "w";
  const title = isNew ? titled("new ", step.symbol) : line.name;
  return arrayFigure(title, line.array, { tone: isNew ? "updated" : "" });
}
