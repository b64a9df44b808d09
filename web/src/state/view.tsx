// SPDX-License-Identifier: Apache-2.0
// The view as React context: what the URL says, and how to change it. The app's router provides it;
// panels read and change it without knowing the router. Invariant: there is no other copy of it.
import { createContext, useContext } from "react";
import { EMPTY_VIEW, encodeView, type View } from "@/base/view";

export type PageId = "overview" | "explore" | "sample" | "compare" | "models" | "journal";

export interface Navigator {
  readonly page: PageId;
  readonly view: View;
  /**
   * Changes part of the view, and the page when given. `replace` leaves no history entry (drags).
   */
  readonly go: (change: Partial<View>, options?: { page?: PageId; replace?: boolean }) => void;
  /** Address of a view, for links that open in new tabs. */
  readonly href: (change: Partial<View>, page?: PageId) => string;
}

/** Path and query of a page in a view. */
export function addressOf(page: PageId, view: Partial<View>): string {
  const query = encodeView(view);
  return `/${page}${query ? "?" + query : ""}`;
}

export const ViewContext = createContext<Navigator>({
  page: "overview",
  view: EMPTY_VIEW,
  go: () => undefined,
  href: (change, page = "overview") => addressOf(page, change),
});

export const useNavigator = (): Navigator => useContext(ViewContext);
