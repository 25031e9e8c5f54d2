/* The learning in motion: one canvas for each data set, with a slider and a play button. */
const MILLISECONDS = 180;
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

function play(paletteText) {
  const palette = bytes(paletteText);
  for (const motion of document.querySelectorAll(".motion")) start(motion, palette);
}

function start(motion, palette) {
  const frames = JSON.parse(motion.dataset.frames);
  const [canvas, slider, button, status, line] =
    ["canvas", "input", "button", ".status", ".border"].map((s) => motion.querySelector(s));
  let timer = 0;
  slider.max = frames.length - 1;

  function show(k) {
    const frame = frames[k];
    slider.value = k;
    paint(canvas, bytes(frame.cells), palette);
    line.setAttribute("d", frame.line);
    const text = `epoch ${frame.epoch}, loss ${frame.loss}, accuracy ${frame.accuracy}`;
    status.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  }
  function advance() {
    const next = Number(slider.value) + 1;
    if (next < frames.length) show(next);
    else stop();
  }
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) === frames.length - 1) show(0);
    timer = setInterval(advance, MILLISECONDS);
    button.textContent = "Stop";
  });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  show(0);
}

function paint(canvas, cells, palette) {
  const context = canvas.getContext("2d"), size = canvas.width;
  const image = context.createImageData(size, size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const cell = cells[(size - 1 - row) * size + column];
      image.data.set([...palette.subarray(3 * cell, 3 * cell + 3), 255], 4 * (row * size + column));
    }
  }
  context.putImageData(image, 0, 0);
}
