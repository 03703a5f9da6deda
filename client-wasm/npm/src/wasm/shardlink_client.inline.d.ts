/** The client's WebAssembly, gzip in base64; the build makes this file. */
declare const packed: string;
export default packed;
