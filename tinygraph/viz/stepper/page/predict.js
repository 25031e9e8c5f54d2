// Predict first: a question before the answer, and hints that name the mistake, not the result.

const CLOSE = 0.02; // how near a typed number has to be, of the right one
const results = new Map(); // step → { tries, outcome: "first" | "later" | "shown" | undefined }

function isOpen(place) {
  return Boolean(data.questions[place]) && !results.get(place)?.outcome;
}

function questionForm(place, step, onDone) {
  const question = data.questions[place];
  const leaving = step.outgoing[question.outgoing];
  const name = data.nodes[leaving.node].name;
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
  const typing = typingForm(question, leaving, answers);
  const picking = pickingForm(question, leaving, answers);
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
    element("h3", {}, "After this step, what is the gradient of ", name, "?"),
    restNote(question, leaving),
    typing,
    picking,
    feedback,
    element("p", { class: "buttons" }, other, reveal),
  );
}

// A sum over many rows can be worked out from those shown, and this.
function restNote(question, leaving) {
  if (question.rest === null) return null;
  const name = entryName(leaving.identifier, question.entry);
  const rest = String(question.rest).replaceAll("-", "−"); // all digits: much may cancel
  return element(
    "p",
    { class: "note rest" },
    `The rows that the tables leave out add ${rest} to `,
    element("code", {}, name),
    ".",
  );
}

function typingForm(question, leaving, { right, wrong, say }) {
  const name = entryName(leaving.identifier, question.entry);
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
      say("Please type a number, such as 0.012, or a product, such as 0.5 * 0.2.");
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
    element("label", {}, "The framed entry, ", element("code", {}, name), ": "),
    input,
    " ",
    element("button", { type: "submit", class: "primary" }, "Check"),
  );
}

function isClose(value, target) {
  return Math.abs(value - target) <= CLOSE * Math.abs(target) + 1e-12;
}

function hintFor(value, question) {
  const known = question.wrong.find(([number]) => isClose(value, number));
  if (known) return known[1];
  if (isClose(value, -question.answer)) return "The size is right. What about the sign?";
  const ratio = value / question.answer;
  if (ratio > 0.9 && ratio < 1.1) return "Near, but not close enough: take more digits along.";
  return question.nudge;
}

function pickingForm(question, leaving, { right, wrong }) {
  const choices = question.choices.map((choice, k) => {
    const pick = () => (choice.hint ? wrong(choice.hint) : right());
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
    element("p", {}, "One of these is ", formula(leaving.symbol), ". Which?"),
    question.canType
      ? ""
      : element(
          "p",
          { class: "note" },
          "It sums more numbers than the tables show: tell it by its shape, its size, its signs.",
        ),
    element("div", { class: "arrays" }, ...choices),
  );
}

const OUTCOMES = {
  first: "Right, at once: here is all of it.",
  later: "Right: here is all of it.",
  shown: "Here is what leaves. Compare it with what you had in mind.",
};

// What to say above an answer that was asked for; nothing where it was not.
function outcomeLine(place) {
  const outcome = results.get(place)?.outcome;
  if (!outcome) return null;
  const { first, answered } = score();
  const soFar = `So far ${first} of ${answered} right at once.`;
  return element("p", { class: "outcome", tabindex: "-1" }, `${OUTCOMES[outcome]} ${soFar}`);
}

function score() {
  const outcomes = [...results.values()].map((result) => result.outcome).filter(Boolean);
  const first = outcomes.filter((outcome) => outcome === "first").length;
  return { first, answered: outcomes.length };
}

// "✓ 3/4": three right at once, of four.
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
      `${plural(asked.length, "question")}: ${count("first")} right at once, `,
      `${count("later")} after a hint, ${count("shown")} shown, ${count(undefined)} not answered.`,
    ),
    links.length ? element("p", {}, "Worth another look:") : "",
    element("ul", { class: "again" }, ...links),
  );
}
