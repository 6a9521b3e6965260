// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/was-client/edv. Encrypting on the client is not ours: the three tests of
// the suite that do it fail in their setup, and say so.

export async function ensureFirstEpoch() {
  throw new Error('the shim of @interop/was-client has no client-side encryption')
}

export const createEdvEncryption = ensureFirstEpoch
export const ownerRecipient = ensureFirstEpoch
