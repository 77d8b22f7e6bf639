// Looks every half second whether there is a newer page, and comes back to where one had scrolled.
"use strict";
const version = document.documentElement.dataset.version;
const status = document.getElementById("live");
const panes = document.querySelectorAll(".sheet");

function scroller(pane) {
  return pane.contentDocument ? pane.contentDocument.scrollingElement : pane;
}

function keep() {
  const places = Array.from(panes, (pane) => scroller(pane)?.scrollTop ?? 0);
  const open = Array.from(document.querySelectorAll("details"), (each) => each.open);
  const strip = document.querySelector("main")?.scrollLeft ?? 0;
  sessionStorage.setItem("preview", JSON.stringify({ places, open, strip, top: scrollY }));
}

function comeBack() {
  const kept = JSON.parse(sessionStorage.getItem("preview") ?? "null");
  sessionStorage.removeItem("preview");
  if (!kept) return;
  document.querySelectorAll("details").forEach((each, n) => { each.open = kept.open[n] ?? each.open; });
  panes.forEach((pane, n) => scroller(pane)?.scrollTo({ top: kept.places[n] ?? 0, behavior: "instant" }));
  document.querySelector("main")?.scrollTo({ left: kept.strip, behavior: "instant" });
  scrollTo({ top: kept.top, behavior: "instant" });
}

async function look() {
  try {
    const answer = await fetch("version", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== version) {
      keep();
      location.reload();
      return;
    }
    status.textContent = "Live";
  } catch {
    status.textContent = "The watch has ended; start it again to go on";
  }
  setTimeout(look, 500);
}

addEventListener("load", () => { comeBack(); look(); });
