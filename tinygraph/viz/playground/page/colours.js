// Colours: those of the style sheet, and the scales of the diagram.

let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["paper", "ink", "quiet", "line", "value", "glow", "map", "wrong"];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  colours.paperRgb = rgbOf(colours.paper);
  colours.mapRgb = rgbOf(colours.map);
  colours.inkRgb = rgbOf(colours.ink);
}

function rgbOf(hex) {
  return hex.slice(1).match(/../g).map((part) => parseInt(part, 16));
}

// The colour of a value or gradient from −1 to 1: purple below 0, orange above.
function heat(share) {
  if (Number.isNaN(share)) return "#000001";
  const last = data.heat.length - 1;
  return data.heat[Math.round(((Math.max(-1, Math.min(1, share)) + 1) / 2) * last)];
}

const heatRgbs = data.heat.map(rgbOf);

// The same colour as red, green and blue from 0 to 255.
function heatRgb(share) {
  const place = Math.round(((Math.max(-1, Math.min(1, share)) + 1) / 2) * (heatRgbs.length - 1));
  return heatRgbs[place] ?? [0, 0, 1];
}

// The colour of a gradient arrow, from weak to strong.
function ramp(strength) {
  return data.ramp[Math.round(Math.max(0, Math.min(1, strength)) * (data.ramp.length - 1))];
}

const CLASS_COLOURS = ["#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];

// Two classes are white and blue; more have a colour each.
function classColour(label) {
  if (labels.classes > 2) return CLASS_COLOURS[label % CLASS_COLOURS.length];
  return label >= 0.5 ? colours.value : colours.paper;
}

// Fit a canvas to its size on the screen, clear it, and return its context, width and height.
function prepared(canvas) {
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}
