// The configuration of VitePress: `npm run docs:site` lays the pages out in build/site-pages and builds them from there.
import { readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import { codeBlocks } from "../code-blocks.js";
import { apiNavigation, navigation, ROOT } from "../pages.js";
import { repositoryLinks } from "../repository-links.js";
import { slug } from "../slug.js";

/** @type {{ description: string, homepage: string }} */
const { description, homepage } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
const pages = `${ROOT}build/site-pages/`;

export default defineConfig({
  title: "wsimd",
  description,
  lang: "en",
  // There is no icon. Without this, browsers ask for one.
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: pages,
  outDir: `${ROOT}build/site`,
  cacheDir: `${ROOT}build/site-cache`,
  // The search index of the whole site is one file, which only a reader who searches loads.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  markdown: {
    anchor: { slugify: slug },
    config: (markdown) => markdown.use(repositoryLinks).use(codeBlocks),
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    notFound: { title: "There is no such page", quote: "The search above looks through all that there are." },
    nav: [
      { text: "Documentation", link: "/", activeMatch: "^/(?!api/|bench/)" },
      { text: "API reference", link: "/api/", activeMatch: "^/api/" },
      { text: "Benchmarks", link: "/bench/results/", activeMatch: "^/bench/" },
    ],
    sidebar: { "/": navigation(), "/api/": apiNavigation(`${pages}api/`) },
    socialLinks: [{ icon: "github", link: homepage }],
  },
});
