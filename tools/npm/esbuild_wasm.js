// esbuild as WebAssembly needs no permission to run a program, and as a module none to be read.
import source wasm from "esbuild-wasm/esbuild.wasm";

export default wasm;
