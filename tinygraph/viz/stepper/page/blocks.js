// The list of a large network, folded into blocks: a block is run as one step, or opened.

const blocks = [];
const blocksOf = data.steps.map(() => []); // the blocks around each step, outer ones first

// A row stands for a step, or for a block with its rows below it.
function fillBlocks(target = list, first = 0, end = data.steps.length, inside = data.blocks, scope = "") {
  for (let k = first; k < end; k += 1) {
    const [name, , last, deeper] = inside.find((block) => block[1] === k) ?? [];
    if (name) {
      const block = addBlock(target, name, k, last, scope);
      fillBlocks(block.steps, k, last + 1, deeper, name);
      k = last;
    } else {
      rows[k] = stepRow(k, withoutScope(data.nodes[data.steps[k].node].name, scope));
      addToList(target, k, rows[k]);
    }
  }
  if (target !== list) return;
  byId("back-block").addEventListener("click", previousBlock);
  byId("next-block").addEventListener("click", nextBlock);
  KEYS["Shift ArrowRight"] = nextBlock;
  KEYS["Shift ArrowLeft"] = previousBlock;
}

function addBlock(target, name, first, last, scope) {
  const { phase } = data.steps[first];
  const toggle = () => {
    block.isOpen = block.row.getAttribute("aria-expanded") === "false";
    setOpen(block, block.isOpen);
  };
  const count = element("span", { class: "count" }, plural(last - first + 1, "step"));
  const row = element(
    "button",
    { type: "button", class: `block ${phase}`, onclick: toggle },
    arrowOf(phase),
    `${withoutScope(name, scope)} `,
    count,
  );
  const block = { name, first, last, row, steps: element("ol"), isOpen: false };
  blocks.push(block);
  for (let k = first; k <= last; k += 1) blocksOf[k].push(block);
  addToList(target, first, row, block.steps);
  return block;
}

function withoutScope(name, scope) {
  return scope && name.startsWith(`${scope}/`) ? name.slice(scope.length + 1) : name;
}

function setOpen(block, isOpen) {
  block.row.setAttribute("aria-expanded", isOpen);
  block.steps.hidden = !isOpen;
}

// Open the blocks around this step, unless it stands for a whole block; return the row to mark.
function rowInBlocks() {
  const whole = atBlockEnd ? blockAround(place) : null;
  for (const block of blocks) {
    const isAround = block.first <= place && place <= block.last;
    const isInside = whole && whole.first <= block.first && block.last <= whole.last;
    setOpen(block, block.isOpen || (isAround && !isInside));
  }
  byId("back-block").disabled = byId("back").disabled;
  byId("next-block").disabled = byId("next").disabled;
  const note = byId("block-note");
  note.hidden = !whole;
  if (!whole) return rows[place];
  const count = plural(whole.last - whole.first + 1, "step");
  note.textContent = `All of ${whole.name} has run, ${count}. Its last step:`;
  return whole.row;
}

// The outermost block around a step that the user has not opened; a step alone is its own block.
function blockAround(k) {
  return blocksOf[k].find((block) => !block.isOpen) ?? { first: k, last: k };
}

function goToEndOf(block) {
  place = block.last;
  atBlockEnd = block.last > block.first;
  show();
}

function nextBlock() {
  const here = blockAround(place);
  if (here.last > place) goToEndOf(here);
  else if (place + 1 < data.steps.length) goToEndOf(blockAround(place + 1));
}

function previousBlock() {
  const { first } = blockAround(place);
  goToEndOf(first > 0 ? blockAround(first - 1) : { first: 0, last: 0 });
}
