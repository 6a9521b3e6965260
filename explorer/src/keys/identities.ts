// Licensed under the Apache License, Version 2.0; see LICENSE.

// The identities of this browser: names for keys, kept in IndexedDB, which stores a CryptoKey as
// something that can be used and not read. Owns that table; refuses to know servers.

import { createStore, del, entries, set } from 'idb-keyval'
import {
  didOf,
  keyIdOf,
  keyOfSeed,
  makeKey,
  signWith,
  type Bytes,
  type KeyMaterial
} from './ed25519'

export interface Identity {
  did: string
  name: string
  // Whether its key was made here, or brought, so that others may have it, too.
  made: boolean
  // Whether its owner chose, when it was made, that it may leave this browser.
  exportable: boolean
  since: string
  key: KeyMaterial
}

// One database for each, since a database gets its stores when it is made.
const table = createStore('was-explorer-identities', 'identities')

export async function allIdentities(): Promise<Identity[]> {
  const rows = await entries<string, Identity>(table)
  return rows.map(([, identity]) => identity).sort((a, b) => a.since.localeCompare(b.since))
}

export async function makeIdentity(name: string, exportable: boolean): Promise<Identity> {
  return await keep(name, true, exportable, await makeKey(exportable))
}

export async function bringIdentity(name: string, seed: Bytes): Promise<Identity> {
  return await keep(name, false, false, await keyOfSeed(seed))
}

async function keep(name: string, made: boolean, exportable: boolean, key: KeyMaterial) {
  const did = didOf(key.publicKey)
  const identity = { did, name, made, exportable, since: new Date().toISOString(), key }
  await set(did, identity, table)
  return identity
}

export async function forgetIdentity(did: string): Promise<void> {
  await del(did, table)
}

// What the signing libraries ask of a signer.
export function signerOf({ did, key }: Identity) {
  return {
    id: keyIdOf(did),
    controller: did,
    algorithm: 'Ed25519',
    sign: async ({ data }: { data: Uint8Array }) => await signWith(key, data)
  }
}
