// Types of the parts of Deno's own API that are used here; the rest of the adapter uses its `node:` modules.

/** A permission, as `Deno.permissions` asks for it. */
export type Permission =
  | { readonly name: "net"; readonly host: string }
  | { readonly name: "env"; readonly variable: string };

/** `globalThis.Deno`. */
interface DenoApi {
  readonly permissions: {
    querySync(permission: Permission): { readonly state: "granted" | "denied" | "prompt" };
    requestSync(permission: Permission): { readonly state: "granted" | "denied" | "prompt" };
  };
  readonly errors: { readonly NotCapable: new (message: string) => Error };
}

/** Whether a permission is granted without asking the user. */
export function granted(permission: Permission): boolean {
  return denoApi().permissions.querySync(permission).state === "granted";
}

/**
 * Asks for the permission to listen on a host, as Deno itself would.
 * @throws Deno.errors.NotCapable if it is not given. Deno's own error would come out of a callback and end the process
 */
export function demandHost(host: string): void {
  const { permissions, errors } = denoApi();
  if (permissions.requestSync({ name: "net", host }).state === "granted") return;
  throw new errors.NotCapable(`Requires net access to "${host}", run again with the --allow-net flag`);
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
