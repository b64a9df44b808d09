// SPDX-License-Identifier: Apache-2.0
// The shell on a stand-in server. `?theme=dark|light` fixes the theme, `?empty` has no runs.
import { setPrefs } from "@/state/prefs";
import { installFake } from "./fake";

installFake();
const asked = new URLSearchParams(location.search).get("theme");
if (asked === "dark" || asked === "light") setPrefs({ theme: asked });
if (location.pathname.endsWith(".html"))
  history.replaceState(null, "", "/overview" + location.search);
void import("@/app/main");
