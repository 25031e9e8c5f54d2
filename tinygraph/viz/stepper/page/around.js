// The surroundings of a stepper or a playground: a frame or a tab, light or dark.

const isFramed = window.top !== window; // in a notebook or a book the address is not ours to change
document.documentElement.classList.toggle("framed", isFramed);
offerOwnTab();

// In a frame without a file, as in a notebook, a link opens the page in its own tab.
function offerOwnTab() {
  if (window.location.href !== "about:srcdoc") return;
  const page = `<!doctype html>${document.documentElement.outerHTML}`;
  const link = document.getElementById("own-tab");
  link.href = URL.createObjectURL(new Blob([page], { type: "text/html" }));
  link.hidden = false;
}

function followTheme(setTheme) {
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const followSystem = () => setTheme(prefersDark.matches ? "dark" : "light");
  prefersDark.addEventListener("change", followSystem);
  // The surrounding page may have its own switch: frame.postMessage({ theme: "dark" }).
  window.addEventListener("message", ({ source, data: wish }) => {
    const isKnown = ["dark", "light"].includes(wish?.theme);
    if (isFramed && source === window.parent && isKnown) setTheme(wish.theme);
  });
  followSystem();
}
