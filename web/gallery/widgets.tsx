// SPDX-License-Identifier: Apache-2.0
// The gallery: every widget with invented data. `?theme=dark|light` fixes the theme, `?only=grid`
// shows one section. A development page, never shipped.
import { type ReactElement, type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followKeys } from "@/state/actions";
import { followTheme, setPrefs } from "@/state/prefs";
import { Cell, Columns, Page } from "@/widgets/card";
import { Segmented } from "@/widgets/button";
import { usePref } from "@/state/prefs";
import { ChartSections } from "./charts";
import { ControlSections } from "./controls";
import { DataSections } from "./lists";
import "@/base/base.css";
import "./gallery.css";

export type Section = { id: string; span: 3 | 4 | 5 | 6 | 7 | 8 | 9 | 12; body: ReactNode };

function Gallery(): ReactElement {
  const theme = usePref("theme");
  const only = new URLSearchParams(location.search).get("only");
  const sections = [...ControlSections, ...DataSections, ...ChartSections].filter(
    (one) => !only || one.id === only,
  );
  return (
    <main>
      <Page
        title="Widgets"
        note="invented data"
        tools={
          <Segmented
            label="Theme"
            value={theme}
            onChange={(next) => setPrefs({ theme: next })}
            choices={[
              { value: "system", title: "System" },
              { value: "dark", title: "Dark" },
              { value: "light", title: "Light" },
            ]}
          />
        }
      >
        <Columns>
          {sections.map((section) => (
            <Cell key={section.id} span={section.span}>
              {section.body}
            </Cell>
          ))}
        </Columns>
      </Page>
    </main>
  );
}

const asked = new URLSearchParams(location.search).get("theme");
if (asked === "dark" || asked === "light") setPrefs({ theme: asked });
followTheme();
followKeys();
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <Gallery />
    </StrictMode>,
  );
