// What scrolls by itself must be reachable by the keyboard, or its end is out of reach without a mouse.
function reachable() {
  for (const box of document.querySelectorAll("pre, div.math, .output_html, figure.diagram, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
      box.tabIndex = 0;
    }
  }
}

// KaTeX hides its drawing from screen readers, which read the formula beside it: what they cannot see
// must not catch the keyboard. The same links stand beside the formulas, in words.
function unlisted() {
  for (const link of document.querySelectorAll(".katex-html a")) {
    link.tabIndex = -1;
  }
}

// A stepper is a document of its own, which knows of the system's colours alone.
function tellTheme(stepper) {
  const isDark = getComputedStyle(document.body).colorScheme === "dark";
  stepper.contentWindow.postMessage({ theme: isDark ? "dark" : "light" }, "*");
}

function tellSteppers() {
  document.querySelectorAll(".output_html iframe").forEach(tellTheme);
}

new MutationObserver(tellSteppers).observe(document.body, { attributeFilter: ["data-theme"] });
// Heard on the way down: the load of a frame does not bubble.
addEventListener("load", ({ target }) => target.matches?.("iframe") && tellTheme(target), true);

addEventListener("load", reachable);
addEventListener("load", unlisted);
addEventListener("resize", reachable);
