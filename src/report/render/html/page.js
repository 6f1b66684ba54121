// What is done when the page has been read: controls appear, and each design's view is drawn when it is scrolled to.

document.documentElement.classList.add("scripted");

let first = null;
for (const main of document.querySelectorAll("main")) {
  const pictures = main.querySelector(".sections");
  const goTo = pictures ? sections(pictures) : () => {};
  const root = main.querySelector(".view");
  if (!root) continue;
  const solid = view(root, goTo);
  new IntersectionObserver(entries => {
    if (entries.some(entry => entry.isIntersecting)) solid.activate();
  }, { rootMargin: "200px" }).observe(root.querySelector(".stage"));
  first ??= solid;
}
// Before anybody scrolls there is time to draw the first one; paper then has it too.
if (first) addEventListener("load", () => setTimeout(() => stage.owner ?? first.activate(), 300));

// On paper everything is open.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach(part => { part.open = true; });
});
addEventListener("afterprint", () => closed.forEach(part => { part.open = false; }));
