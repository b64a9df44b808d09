// SPDX-License-Identifier: Apache-2.0
// The shell on a stand-in server. `?theme=dark|light` fixes the theme, `?empty` has no runs,
// `?page=compare` names the page, `?classes=1000` makes many classes.
import { setPrefs } from "@/state/prefs";
import { installFake } from "./fake";

installFake();
const asked = new URLSearchParams(location.search).get("theme");
if (asked === "dark" || asked === "light") setPrefs({ theme: asked });
const query = new URLSearchParams(location.search);
const page = query.get("page") ?? "overview";
if (location.pathname.endsWith(".html"))
  history.replaceState(null, "", `/${page}${location.search}`);
void import("@/app/main");
