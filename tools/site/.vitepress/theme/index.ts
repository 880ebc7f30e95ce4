/** The look of the site: VitePress's own, with the fonts of the system. */
import { withBase } from "vitepress";
import Theme from "vitepress/theme-without-fonts";
import { h } from "vue";
import "./style.css";

const notFound = () =>
  h("main", { class: "not-found vp-doc" }, [
    h("h1", "Page not found"),
    h("p", [
      "There is no page at this address. ",
      h("a", { href: withBase("/") }, "All guides"),
      " are linked from the first page, and the search finds what is on them.",
    ]),
  ]);

export default {
  extends: Theme,
  Layout: () => h(Theme.Layout, null, { "not-found": notFound }),
};
