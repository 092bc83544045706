// A link has the text in its fragment, which no server sees.
const chunks = async (data: Uint8Array, made: GenericTransformStream) => {
  const through = new Blob([data as BlobPart]).stream().pipeThrough(made as ReadableWritablePair);
  return new Uint8Array(await new Response(through).arrayBuffer());
};

export async function packed(words: string): Promise<string> {
  const data = await chunks(new TextEncoder().encode(words), new CompressionStream("deflate-raw"));
  return btoa(Array.from(data, byte => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export async function unpacked(text: string): Promise<string> {
  const data = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), one => one.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(await chunks(data, new DecompressionStream("deflate-raw")));
}
