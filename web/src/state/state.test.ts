// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
// Tests of the keymap, undo and addresses.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Action, actions, pressKey, registerActions } from "./actions";
import { setPrefs } from "./prefs";
import { history, perform, redo, undo } from "./undo";
import { addressOf } from "./view";

const press = (key: string, init: KeyboardEventInit = {}, target: EventTarget = document.body) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  Object.defineProperty(event, "target", { value: target });
  return pressKey(event);
};

const action = (id: string, keys: string, more: Partial<Action> = {}) => {
  const run = vi.fn();
  return { run, action: { id, title: id, group: "Test", keys, run, ...more } };
};

describe("keys", () => {
  let leave: (() => void)[] = [];
  const add = (...all: { action: Action }[]) =>
    leave.push(registerActions(all.map((one) => one.action)));
  beforeEach(() => setPrefs({ keys: {} }));
  afterEach(() => {
    leave.forEach((go) => go());
    leave = [];
    expect(actions.getState().all).toEqual([]);
  });

  test("a chord runs its action, the innermost of two wins", () => {
    const [outer, inner] = [action("outer", "J"), action("inner", "J")];
    add(outer);
    add(inner);
    expect(press("j")).toBe(true);
    expect(inner.run).toHaveBeenCalledOnce();
    expect(outer.run).not.toHaveBeenCalled();
    expect(press("x")).toBe(false);
  });
  test("two keys one after the other; a wrong second key starts over", () => {
    const [go, other] = [action("go", "G O"), action("other", "X")];
    add(go, other);
    press("g");
    press("o");
    expect(go.run).toHaveBeenCalledOnce();
    press("g");
    press("x");
    expect(other.run).toHaveBeenCalledOnce();
  });
  test("plain keys are left to a field, chords marked always are not", () => {
    const [plain, always] = [action("plain", "J"), action("always", "Mod+K", { always: true })];
    add(plain, always);
    const input = document.createElement("input");
    expect(press("j", {}, input)).toBe(false);
    expect(press("k", { ctrlKey: true }, input)).toBe(true);
    expect(always.run).toHaveBeenCalledOnce();
  });
  test("a rebound chord replaces the default; an emptied one has none", () => {
    const one = action("one", "J");
    add(one);
    setPrefs({ keys: { one: "Shift+Q" } });
    expect(press("j")).toBe(false);
    expect(press("Q", { shiftKey: true })).toBe(true);
    setPrefs({ keys: { one: "" } });
    expect(press("Q", { shiftKey: true })).toBe(false);
  });
});

test("undo and redo walk the same steps; a new step forgets what was undone", () => {
  const log: string[] = [];
  const step = (title: string) => ({
    title,
    undo: () => log.push("-" + title),
    redo: () => log.push("+" + title),
  });
  perform(step("a"));
  perform(step("b"));
  expect([undo(), redo(), undo(), undo(), undo()]).toEqual(["b", "b", "b", "a", ""]);
  perform(step("c"));
  expect(redo()).toBe("");
  expect(log).toEqual(["+a", "+b", "-b", "+b", "-b", "-a", "+c"]);
  expect(history.getState().done.length).toBe(1);
});

test("an address names page and view", () => {
  expect(addressOf("overview", {})).toBe("/overview");
  expect(addressOf("explore", { run: "r1", row: 5 })).toBe("/explore?run=r1&row=5");
});
