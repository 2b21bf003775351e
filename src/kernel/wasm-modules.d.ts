// The types of imports of .wasm files, as bundlers for edge functions resolve them.
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
