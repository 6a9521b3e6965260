// Licensed under the Apache License, Version 2.0; see LICENSE.

// Delegations: made with the key of who shares, and read from what somebody pastes. A page of its
// own for the browser to load, since what makes the proofs is larger than all the rest.

import { CapabilityDelegation, documentLoader } from '@digitalbazaar/zcap'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createSignCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import signatures from 'jsonld-signatures'
import { signerOf, type Identity } from '../keys/identities'
import type { Capability } from './request'

const CONTEXT = ['https://w3id.org/zcap/v1', 'https://w3id.org/security/data-integrity/v2']

export interface Wanted {
  target: string
  to: string
  actions: string[]
  expires: Date
  // What is passed on, where it is not one's own.
  parent?: Capability | undefined
}

// Whole seconds: as the protocol's clients write times.
function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

export async function delegate(identity: Identity, wanted: Wanted): Promise<Capability> {
  const parent = wanted.parent ?? `urn:zcap:root:${encodeURIComponent(wanted.target)}`
  const document = {
    '@context': CONTEXT,
    id: `urn:uuid:${crypto.randomUUID()}`,
    controller: wanted.to,
    parentCapability: typeof parent === 'string' ? parent : parent.id,
    invocationTarget: wanted.target,
    allowedAction: wanted.actions,
    expires: seconds(wanted.expires)
  }
  return (await signatures.sign(document, {
    documentLoader,
    suite: new DataIntegrityProof({
      signer: signerOf(identity),
      cryptosuite: createSignCryptosuite()
    }),
    purpose: new CapabilityDelegation({ parentCapability: parent })
  })) as Capability
}
