// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/ed25519-signature/eddsa-jcs-2022: a Data Integrity proof as one class that
// takes a signer.

import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createSignCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'

export class EddsaJcs2022 extends DataIntegrityProof {
  static CONTEXT_URL = 'https://w3id.org/security/data-integrity/v2'

  constructor({ signer, date } = {}) {
    super({ signer, date, cryptosuite: createSignCryptosuite() })
  }
}
