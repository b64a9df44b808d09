// SPDX-License-Identifier: Apache-2.0
// Token exchange. The page is opened as /#token=...; the fragment never reaches the server's log,
// so it is posted once to /v1/session, which answers with an HttpOnly cookie, and is then removed
// from the address bar and the history.
import { send } from "./http";

/** The token in a fragment such as "#token=abc", or "". */
export function tokenIn(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}

/** Exchanges the token in the address, when there is one, for the session cookie. */
export async function openSession(
  place: Location = location,
  past: History = history,
): Promise<void> {
  const token = tokenIn(place.hash);
  if (!token) return;
  past.replaceState(past.state, "", place.pathname + place.search);
  await send("POST", "/v1/session", { token });
}
