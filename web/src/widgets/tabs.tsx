// SPDX-License-Identifier: Apache-2.0
// Tabs over a set of bodies. Only the chosen body is mounted.
import type { ReactElement, ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components";
import "./tabs.css";

export interface TabItem {
  readonly id: string;
  readonly title: string;
  readonly note?: ReactNode;
  readonly body: ReactNode;
}

export function Tabs(props: {
  readonly label: string;
  readonly tabs: readonly TabItem[];
  /** Chosen tab; empty or unknown means the first. */
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}): ReactElement {
  const known = props.tabs.some((tab) => tab.id === props.chosen);
  return (
    <AriaTabs
      className="tabs"
      selectedKey={known ? props.chosen : (props.tabs[0]?.id ?? "")}
      onSelectionChange={(key) => props.onChoose(String(key))}
    >
      <TabList className="tab-list" aria-label={props.label}>
        {props.tabs.map((tab) => (
          <Tab key={tab.id} id={tab.id} className="tab">
            {tab.title}
            {tab.note != null && <span className="tab-note">{tab.note}</span>}
          </Tab>
        ))}
      </TabList>
      {props.tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className="tab-panel">
          {tab.body}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
