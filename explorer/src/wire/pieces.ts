// Licensed under the Apache License, Version 2.0; see LICENSE.

// A stream of bytes, piece by piece, in one buffer that is filled again and again: what was read is
// no garbage then that waits to be collected while the next piece comes.

const PIECE = 1024 * 1024

// Each piece is good until the next one is asked for.
export async function* piecesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const reader = ownBuffer(stream)
  if (!reader) return yield* stream
  let buffer = new ArrayBuffer(PIECE)
  try {
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer))
      if (value && value.length > 0) yield value
      if (done || !value) return
      buffer = value.buffer
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

// Not every browser's every stream can be read into somebody's buffer.
function ownBuffer(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  try {
    return stream.getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}
