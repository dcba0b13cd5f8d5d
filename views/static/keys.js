// Keys that are pressed while a page is being loaded, for review.js, which comes when it is there.
"use strict";

const waiting = [];
const DECIDING = [..."cdsuo"];
// A key that is held down repeats itself; one press decides once.
const isHeld = (event) => event.repeat && DECIDING.includes(event.key);
let press = (event) => {
  if (isHeld(event) || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
  waiting.push(event.key);
};
// Keys of one character can be switched off on the page of keys, for who speaks to the computer or presses some by mistake.
const KEYS_OFF = "docassay-keys-off";
const areOff = () => localStorage.getItem(KEYS_OFF) === "1";
document.addEventListener("keydown", (event) => (event.key.length === 1 && areOff() ? undefined : press(event)));
