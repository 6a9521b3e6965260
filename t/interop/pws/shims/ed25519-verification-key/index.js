// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/ed25519-verification-key: a key pair that signs under its did:key.

import { Ed25519VerificationKey2020 } from '@digitalbazaar/ed25519-verification-key-2020'

export class Ed25519VerificationKey extends Ed25519VerificationKey2020 {
  static async generate(options) {
    const { controller, id, publicKeyMultibase, privateKeyMultibase } = await super.generate(
      options
    )
    return new this({ controller, id, publicKeyMultibase, privateKeyMultibase })
  }

  didKeySigner() {
    const signer = this.signer()
    const fingerprint = this.fingerprint()
    return {
      id: `did:key:${fingerprint}#${fingerprint}`,
      algorithm: 'Ed25519',
      // A copy: http-signature-zcap-invoke reads the whole of the buffer below.
      sign: async ({ data }) => Uint8Array.from(await signer.sign({ data }))
    }
  }
}
