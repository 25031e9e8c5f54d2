// Predict first: a question before the result, and hints that name the mistake, not the result.

const results = new Map(); // step → { tries, outcome: "first" | "later" | "shown" | undefined }

function isOpen(place) {
  return Boolean(data.questions[place]) && !results.get(place)?.outcome;
}

// The question and its answer field, above the hidden array.
function askedPart(place, onAnswered) {
  const question = data.questions[place];
  return [
    questionForm(place, onAnswered),
    element(
      "div",
      { class: "arrays" },
      arrayFigure(titled("asked for: ", question.symbol), question.array, {
        hidden: true,
        marked: question.entry,
      }),
    ),
  ];
}

function questionForm(place, onDone) {
  const question = data.questions[place];
  const result = results.get(place) ?? { tries: 0 };
  results.set(place, result);
  const feedback = element("p", { class: "feedback", role: "status" });
  const done = (outcome) => {
    result.outcome = outcome;
    onDone();
  };
  const say = (text) => (feedback.textContent = text);
  const answers = {
    say,
    right: () => done(result.tries === 0 ? "first" : "later"),
    wrong: (hint) => {
      result.tries += 1;
      say(hint);
    },
  };
  const typing = typingForm(question, answers);
  const picking = pickingForm(question, answers);
  const other = element("button", { type: "button", class: "quiet" });
  const show = (first) => {
    typing.hidden = !first;
    picking.hidden = first;
    other.textContent = first ? "Pick the whole array instead" : "Type one number instead";
    say("");
  };
  other.addEventListener("click", () => show(typing.hidden));
  const canPick = question.choices.length > 1;
  show(question.canType && (question.byHand || !canPick));
  other.hidden = !(question.canType && canPick);
  const reveal = element(
    "button",
    { type: "button", class: "quiet", onclick: () => done("shown") },
    "Show me",
  );
  return element(
    "div",
    { class: "question" },
    element("h3", {}, question.text),
    question.rest && element("p", { class: "note rest" }, question.rest),
    typing,
    picking,
    feedback,
    element("p", { class: "buttons" }, other, reveal),
  );
}

function typingForm(question, { right, wrong, say }) {
  const name = entryName(question.identifier, question.entry);
  const input = element("input", {
    type: "text",
    inputmode: "text",
    autocomplete: "off",
    "aria-label": `Your prediction for ${name}`,
    placeholder: "a number, or 0.5 * 0.2",
  });
  const check = (event) => {
    event.preventDefault();
    const value = calculate(input.value);
    if (Number.isNaN(value)) {
      say(data.replies.unreadable);
      return;
    }
    if (isClose(value, question.answer)) {
      right();
    } else {
      wrong(hintFor(value, question));
      input.select();
    }
  };
  return element(
    "form",
    { onsubmit: check },
    element("label", {}, "The framed element, ", element("code", {}, name), ": "),
    input,
    " ",
    element("button", { type: "submit", class: "primary" }, "Check"),
  );
}

function isClose(value, target) {
  return Math.abs(value - target) <= data.close * Math.abs(target) + 1e-12;
}

function hintFor(value, question) {
  const known = question.wrong.find(([number]) => isClose(value, number));
  if (known) return data.hints[known[1]];
  if (isClose(value, -question.answer)) return data.replies.sign;
  const ratio = value / question.answer;
  if (ratio > 0.9 && ratio < 1.1) return data.replies.near;
  return question.nudge;
}

function pickingForm(question, { right, wrong }) {
  const choices = question.choices.map((choice, k) => {
    const pick = () => (choice.hint === null ? right() : wrong(data.hints[choice.hint]));
    return element(
      "div",
      { class: "choice" },
      arrayFigure(String.fromCharCode(65 + k), choice.array),
      element("button", { type: "button", onclick: pick }, `Pick ${String.fromCharCode(65 + k)}`),
    );
  });
  return element(
    "div",
    {},
    element("p", {}, "One of these is ", formula(question.symbol), ". Which?"),
    question.canType ? "" : element("p", { class: "note" }, data.replies.pick),
    element("div", { class: "arrays" }, ...choices),
  );
}

// The line above an answered step; null if the step was not asked.
function outcomeLine(place) {
  const outcome = results.get(place)?.outcome;
  if (!outcome) return null;
  const { first, answered } = score();
  const soFar = `So far ${first} of ${answered} correct on the first try.`;
  return element("p", { class: "outcome", tabindex: "-1" }, `${data.replies[outcome]} ${soFar}`);
}

function score() {
  const outcomes = [...results.values()].map((result) => result.outcome).filter(Boolean);
  const first = outcomes.filter((outcome) => outcome === "first").length;
  return { first, answered: outcomes.length };
}

// "✓ 3/4": three of four were correct on the first try.
function scoreText() {
  const { first, answered } = score();
  return answered ? `✓ ${first}/${answered}` : "";
}

function scoreCard(goTo) {
  const asked = data.questions.map((question, place) => [question, place]).filter(([q]) => q);
  const count = (outcome) =>
    asked.filter(([, place]) => results.get(place)?.outcome === outcome).length;
  const again = asked
    .map(([, place]) => place)
    .filter((place) => results.get(place)?.outcome !== "first");
  const links = again.map((place) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "quiet", onclick: () => goTo(place) },
        `${place + 1}. ${data.nodes[data.steps[place].node].name}`,
      ),
    ),
  );
  return element(
    "div",
    { class: "question", id: "scorecard" },
    element("h3", {}, "Your predictions"),
    element(
      "p",
      {},
      `${plural(asked.length, "question")}: ${count("first")} correct on the first try, `,
      `${count("later")} after a hint, ${count("shown")} shown, ${count(undefined)} not answered.`,
    ),
    links.length ? element("p", {}, "Look at these steps again:") : "",
    element("ul", { class: "again" }, ...links),
  );
}
