// The types of imports of .wasm files, as bundlers for workerd and for edge functions resolve them.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
