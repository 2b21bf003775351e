// A plugin of TypeDoc for what its options don't set. Modules have the names by which an import has them, "wsimd/node" for the folder
// "node". Members don't name the type that they are inherited from: it is often one that no entry exports.
import { Converter, DeclarationReflection, SignatureReflection } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = module.name === "index" ? "wsimd" : `wsimd/${module.name}`;
    }
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      if (reflection instanceof DeclarationReflection || reflection instanceof SignatureReflection) {
        delete reflection.inheritedFrom;
      }
    }
  });
}
