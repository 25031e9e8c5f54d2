// Samples that a learner makes: points drawn and erased on the map, and files.

let pen = null; // the class of drawn points, or "erase"

// Points drawn on the map: with a pen, or with the class of the other samples.
function drawPoint(event) {
  const box = byId("map").getBoundingClientRect();
  const [low, high] = gridSpan;
  const x = low + ((event.clientX - box.left) / box.width) * (high - low);
  const y = high - ((event.clientY - box.top) / box.height) * (high - low);
  const near = (distance) => ([a, b]) => Math.hypot(a - x, b - y) < distance * (high - low);
  const points = (state.points ?? run.samples).map((point) => [...point]);
  const isErasing = pen === "erase";
  if (!isErasing && (points.some(near(0.02)) || points.length >= LIMIT)) return;
  const left = isErasing ? points.filter((point) => !near(0.035)(point)) : [...points, [x, y, Number(pen)]];
  if (left.length < 2 || (isErasing && left.length === points.length)) return;
  usePoints(left, true);
}

function usePoints(points, keep) {
  Object.assign(state, { points, noise: 0 });
  const span = gridSpan;
  restart({ keep });
  if (keep) gridSpan = span;
  fillControls();
  storeHash(state);
}

function connectDrawing() {
  const map = byId("map");
  const pens = document.querySelectorAll("[data-pen]");
  for (const button of pens) {
    button.addEventListener("click", () => {
      pen = pen === button.dataset.pen ? null : button.dataset.pen;
      pens.forEach((other) => other.setAttribute("aria-pressed", other.dataset.pen === pen));
      map.classList.toggle("drawing", pen !== null);
    });
  }
  let isDown = false;
  map.addEventListener("pointerdown", (event) => {
    if (pen === null || isLocked("points")) return;
    isDown = true;
    map.setPointerCapture(event.pointerId);
    drawPoint(event);
  });
  map.addEventListener("pointermove", (event) => isDown && drawPoint(event));
  byId("file").addEventListener("change", () => byId("file").files[0] && upload(byId("file").files[0]));
  for (const end of ["pointerup", "pointercancel"]) map.addEventListener(end, () => { isDown = false; });
}

async function upload(file) {
  const note = byId("file-note");
  try {
    usePoints(readCsv(await file.text()), false);
    note.textContent = `${run.samples.length} points from ${file.name}.`;
  } catch (error) {
    note.textContent = `${file.name} was not used. ${error.message}`;
  }
}

views.push({ connect: connectDrawing });
