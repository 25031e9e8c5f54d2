// What scrolls by itself must be reachable by the keyboard, or its end is out of reach without a mouse.
function reachable() {
  for (const box of document.querySelectorAll("pre, div.math, .output_html, figure.diagram, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
      box.tabIndex = 0;
    }
  }
}

// KaTeX hides its drawing from screen readers, which read the formula next to it. The keyboard must not
// stop at links that screen readers cannot see. The text next to the formulas contains the same links.
function unlisted() {
  for (const link of document.querySelectorAll(".katex-html a")) {
    link.tabIndex = -1;
  }
}

// A stepper or a playground is a document of its own. It is loaded when the reader comes near it.
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      target.src = target.dataset.src;
      near.unobserve(target);
    }
  },
  { rootMargin: "150px" },
);

function loadWhenNear() {
  document.querySelectorAll("figure.live iframe").forEach((frame) => near.observe(frame));
}

// It knows only the system's colours: tell it those of the book.
function tellTheme(frame) {
  const isDark = getComputedStyle(document.body).colorScheme === "dark";
  frame.contentWindow.postMessage({ theme: isDark ? "dark" : "light" }, "*");
}

function tellFrames() {
  document.querySelectorAll("figure.live iframe").forEach(tellTheme);
}

new MutationObserver(tellFrames).observe(document.body, { attributeFilter: ["data-theme"] });
// Heard on the way down: the load of a frame does not bubble.
addEventListener("load", ({ target }) => target.matches?.("iframe") && tellTheme(target), true);

addEventListener("load", loadWhenNear);
addEventListener("load", reachable);
addEventListener("load", unlisted);
addEventListener("resize", reachable);
