// Keys that are pressed while a page is being loaded, for review.js, which comes when it is there.
"use strict";

const waiting = [];
let press = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
  waiting.push(event.key);
};
document.addEventListener("keydown", (event) => press(event));
