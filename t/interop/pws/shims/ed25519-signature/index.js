// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/ed25519-signature: the older proof suite, as npm has it.

export { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
