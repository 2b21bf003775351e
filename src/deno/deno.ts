// The part of Deno's own API that is used here; the rest goes by its `node:` modules.

/** A permission, as `Deno.permissions` asks for it. */
export type Permission =
  | { readonly name: "net"; readonly host: string }
  | { readonly name: "env"; readonly variable: string };

/** `globalThis.Deno`. */
interface DenoApi {
  readonly permissions: {
    querySync(permission: Permission): { readonly state: "granted" | "denied" | "prompt" };
  };
}

/** Whether something may be done without asking. */
export function granted(permission: Permission): boolean {
  return denoApi().permissions.querySync(permission).state === "granted";
}

/** @throws Error if this is not Deno */
function denoApi(): DenoApi {
  const found: unknown = Reflect.get(globalThis, "Deno");
  if (!isDenoApi(found)) throw new Error("wsimd/deno needs Deno; on Node it is wsimd/node");
  return found;
}

function isDenoApi(found: unknown): found is DenoApi {
  if (typeof found !== "object" || found === null) return false;
  const permissions: unknown = Reflect.get(found, "permissions");
  return typeof permissions === "object" && permissions !== null && "querySync" in permissions;
}
