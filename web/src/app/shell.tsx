// SPDX-License-Identifier: Apache-2.0
// The frame of all pages: rail (tabs at the foot on a phone), top bar, the page, and what floats
// above it. It also registers the actions that exist everywhere.
import { Outlet } from "@tanstack/react-router";
import { type MouseEvent, type ReactElement, useEffect, useState } from "react";
import { onEvent } from "@/engine/events";
import { type Action, useActions } from "@/state/actions";
import { prefs, setPrefs, type Theme } from "@/state/prefs";
import { copyText, toast } from "@/state/toasts";
import { redo, undo } from "@/state/undo";
import { type Navigator, type PageId, ViewContext } from "@/state/view";
import { Icon } from "@/widgets/icon";
import { KeySheet } from "./keysheet";
import { TITLES } from "./page-view";
import { Palette } from "./palette";
import { PAGES, useRouteNavigator } from "./navigator";
import { RunsContext, useRuns } from "./runs";
import { Toaster } from "./toaster";
import { TopBar } from "./topbar";
import "./shell.css";

const KEYS: Record<PageId, string> = {
  overview: "G O",
  explore: "G E",
  sample: "G S",
  compare: "G C",
  models: "G M",
  journal: "G J",
};

/** The slit of light through a lens. */
function Mark(): ReactElement {
  return (
    <svg className="mark" width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="10" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M17.5 3v26" className="mark-slit" />
    </svg>
  );
}

function Rail(props: { readonly nav: Navigator }): ReactElement {
  const { nav } = props;
  const follow = (page: PageId) => (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    nav.go({}, { page });
  };
  return (
    <nav className="rail" aria-label="Pages">
      <a
        className="rail-mark"
        href="/overview"
        onClick={follow("overview")}
        aria-label="Slitlamp, overview"
      >
        <Mark />
      </a>
      {PAGES.map((page) => (
        <a
          key={page}
          className="rail-item"
          href={nav.href({}, page)}
          onClick={follow(page)}
          aria-current={page === nav.page ? "page" : undefined}
        >
          <Icon name={page} size={18} />
          <span>{TITLES[page]}</span>
        </a>
      ))}
    </nav>
  );
}

export function cycleTheme(): void {
  const order: readonly Theme[] = ["system", "dark", "light"];
  const at = order.indexOf(prefs.getState().theme);
  setPrefs({ theme: order[(at + 1) % order.length] ?? "system" });
}

const pageActions = (nav: Navigator): Action[] =>
  PAGES.map((page) => ({
    id: `go.${page}`,
    title: `Go to ${TITLES[page]}`,
    group: "Pages",
    keys: KEYS[page],
    run: () => nav.go({}, { page }),
  }));

const viewActions = (nav: Navigator): Action[] => [
  {
    id: "unfilter",
    title: "Clear the filter",
    group: "View",
    keys: "Shift+X",
    disabled: nav.view.where.length === 0,
    run: () => nav.go({ where: [], row: -1 }),
  },
  {
    id: "address",
    title: "Copy the address of this view",
    group: "View",
    keys: "Y",
    run: () => void copyText(location.href, "Address copied"),
  },
];

const tellStep = (verb: string, title: string): void =>
  void toast({
    tone: "info",
    text: title ? `${verb}: ${title}` : `Nothing to ${verb.toLowerCase()}`,
  });

const generalActions = (open: (what: "palette" | "keys") => void): Action[] => {
  const group = "General";
  return [
    {
      id: "palette",
      title: "Command palette",
      group,
      keys: "Mod+K",
      always: true,
      hidden: true,
      run: () => open("palette"),
    },
    { id: "keys", title: "Keyboard shortcuts", group, keys: "?", run: () => open("keys") },
    {
      id: "theme",
      title: "Switch theme: system, dark, light",
      group,
      keys: "Shift+D",
      words: "colour mode",
      run: cycleTheme,
    },
    { id: "undo", title: "Undo", group, keys: "Mod+Z", run: () => tellStep("Undo", undo()) },
    { id: "redo", title: "Redo", group, keys: "Mod+Shift+Z", run: () => tellStep("Redo", redo()) },
  ];
};

/** Tells how jobs ended, wherever one is. */
function useJobToasts(): void {
  useEffect(
    () =>
      onEvent((event) => {
        if (event.event === "done" && event.job)
          toast({ tone: "good", text: `Job ${event.job} is done` });
        if (event.event === "failed" && event.job) {
          toast({
            tone: "bad",
            text: event.error?.message ?? event.error?.title ?? `Job ${event.job} failed`,
            ...(event.error?.hint ? { hint: event.error.hint } : {}),
          });
        }
      }),
    [],
  );
}

export function Shell(): ReactElement {
  const nav = useRouteNavigator();
  const runs = useRuns(nav);
  const [opened, setOpened] = useState<"palette" | "keys" | null>(null);
  useActions([...pageActions(nav), ...viewActions(nav), ...generalActions(setOpened)]);
  useJobToasts();
  useEffect(() => {
    document.title = [TITLES[nav.page], runs.ctx?.run?.name, "Slitlamp"]
      .filter(Boolean)
      .join(" · ");
  }, [nav.page, runs.ctx?.run?.name]);
  return (
    <ViewContext value={nav}>
      <RunsContext value={runs}>
        <div className="shell">
          <a className="skip" href="#page">
            Skip to the page
          </a>
          <Rail nav={nav} />
          <TopBar
            nav={nav}
            runs={runs}
            onPalette={() => setOpened("palette")}
            onKeys={() => setOpened("keys")}
          />
          <main id="page" className="main" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
        {opened === "palette" && (
          <Palette nav={nav} runs={runs.ctx?.runs ?? []} onClose={() => setOpened(null)} />
        )}
        {opened === "keys" && <KeySheet onClose={() => setOpened(null)} />}
        <Toaster />
      </RunsContext>
    </ViewContext>
  );
}
